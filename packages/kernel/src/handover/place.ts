/** Where programs of a hosted object are attached, by names that stay the same from version to version. */
import { createHash } from "node:crypto";
import type { AttachTarget } from "@sonde/bpf/spec";
import type { Collection } from "../collection/collection.ts";
import type { AttachOptions } from "../links/options.ts";
import { describeTarget } from "../links/describe.ts";
import type { Program } from "../programs/program.ts";
import { type StructOpsSubject, structOpsSubject } from "./subject.ts";

export type HookPlace = ProgramPlace | StructOpsPlace;

interface Place {
  /** The same for subjects of two versions that one hook can hand events to. */
  readonly key: string;
  /** As a person writes it: "tracepoint:sched:sched_switch". */
  readonly description: string;
}

export interface ProgramPlace extends Place {
  readonly subject: Program;
  readonly target: AttachTarget;
  readonly options?: AttachOptions;
}

/** Where the kernel asks for such a struct of functions; which place that is, it knows itself. */
export interface StructOpsPlace extends Place {
  readonly subject: StructOpsSubject;
  readonly target?: undefined;
}

/**
 * Every place where an object is attached; what is run by hand or read like a file is none. A second handler
 * of the same place has a place of its own.
 * Errors: TypeError for a struct_ops map without a link, which cannot be handed over.
 */
export function hookPlaces(collection: Collection): readonly HookPlace[] {
  const seen = new Map<string, number>();
  const places: HookPlace[] = [];
  for (const { program, target, options } of collection.attachments()) {
    if (target.kind === "run" || target.kind === "iter") continue;
    const { type, attachType, flags = 0 } = program.spec;
    const base = JSON.stringify([type, attachType ?? "", flags, target]);
    const before = seen.get(base) ?? 0;
    seen.set(base, before + 1);
    places.push({
      key: `${base}#${before}`,
      subject: program,
      target,
      ...(options && { options }),
      description: describeTarget(target),
    });
  }
  for (const { name, registration, programs } of collection.structOps()) {
    if (!registration.byLink)
      throw new TypeError(
        `struct_ops map '${name}' is registered without a link, so that a process which ends takes it along and no other can follow it in place: put it into the section .struct_ops.link (Linux 6.4)`,
      );
    const description = `struct_ops:${name}`;
    places.push({ key: description, subject: structOpsSubject(registration, programs), description });
  }
  return places;
}

/** A folder's name for a place: what a person recognises, and what tells it apart. BPF file systems allow no dots. */
export function folderOf({ key, description }: Pick<HookPlace, "key" | "description">): string {
  const readable = description.replace(/[^A-Za-z0-9]+/g, "_").slice(0, 60);
  return `${readable}-${createHash("sha256").update(key).digest("hex").slice(0, 12)}`;
}

/** A number for what has no path of its own: the same for the same place, and hardly ever that of another one. */
export function handleOf(place: string): number {
  return createHash("sha256").update(place).digest().readUInt32LE() || 1;
}
