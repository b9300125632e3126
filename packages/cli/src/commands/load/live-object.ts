/** One object on its way into the kernel: what was loaded, attached and pinned of it, and what failed. */
import { rmSync } from "node:fs";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { type Collection, loadCollection, type LoadOptions } from "@sonde/kernel/collection";
import type { Attacher, Link } from "@sonde/kernel/links";
import type { Kernel } from "@sonde/kernel/sys";
import { type Attachables, attachablesOf, type Places } from "./attach.ts";

export interface ProgramResult {
  readonly name: string;
  readonly type: string;
  readonly section: string;
  /** A struct_ops map that was registered is "attached" too. */
  state: "loaded" | "attached" | "skipped" | "failed";
  /** The kernel's number for it. */
  id?: number;
  /** Where it is attached, and by which of the kernel's ways. */
  readonly places: { readonly place: string; readonly road: string }[];
  /** Why it was skipped, or is not attached. */
  note?: string;
  error?: Error;
}

export interface LiveLink {
  readonly program: string;
  readonly link: Link;
}

export class LiveObject {
  readonly file: string;
  readonly spec: ObjectSpec;
  readonly results: ProgramResult[] = [];
  readonly links: LiveLink[] = [];
  /** Why the object as a whole is not loaded: its types or one of its maps. */
  error: Error | undefined;
  collection: Collection | undefined;

  constructor(file: string, spec: ObjectSpec) {
    this.file = file;
    this.spec = spec;
  }

  get failed(): boolean {
    return this.error !== undefined || this.results.some(({ state }) => state === "failed");
  }

  /** Every program is tried, so that all reasons are told at once. */
  load(kernel: Kernel, options: LoadOptions): void {
    try {
      this.collection = loadCollection(kernel, this.spec, { ...options, keepGoing: true });
    } catch (error) {
      this.error = asError(error);
      return;
    }
    // Several loads of one program come in the order of the outcomes that say "loaded".
    const loads = [...this.collection.programs];
    for (const { name, title, state, reason, error } of this.collection.report.programs) {
      const program = state === "loaded" ? loads.shift() : undefined;
      this.results.push({
        name,
        type: this.spec.programs.find((each) => each.name === name)?.type ?? "",
        section: title,
        state,
        ...(program !== undefined && { id: program.id() }),
        places: [],
        ...(state !== "loaded" && { note: reason }),
        ...(error !== undefined && { error }),
      });
    }
  }

  /** Attaches what it is known of where it belongs. Stops at the first failure unless told to keep going. */
  attach(kernel: Kernel, attacher: Attacher, places: Places, keepGoing: boolean): void {
    const { collection } = this;
    if (collection === undefined) return;
    const { usdt } = collection;
    for (const [index, program] of collection.programs.entries()) {
      const result = this.results.filter(({ id }) => id !== undefined)[index];
      if (result === undefined) continue;
      this.#attachProgram(result, attachablesOf(kernel, attacher, program, places, usdt && { usdt }));
      if (result.state === "failed" && !keepGoing) return;
    }
    for (const { name, type } of collection.maps) {
      if (type !== "struct_ops") continue;
      const result: ProgramResult = { name, type, section: "struct_ops", state: "loaded", places: [] };
      this.results.push(result);
      attempt(result, () => this.#keep(result, collection.register(name)));
      if (result.state === "failed" && !keepGoing) return;
    }
  }

  /** Takes back what loading pinned: maps whose object wants them pinned by their names. */
  unpin(): void {
    for (const path of this.collection?.report.pinned ?? []) rmSync(path, { force: true });
  }

  /** Lets go of everything that is not pinned. */
  close(): void {
    for (const { link } of this.links) link.close();
    this.links.length = 0;
    this.collection?.close();
    this.collection = undefined;
  }

  #attachProgram(result: ProgramResult, { attachables, note }: Attachables): void {
    if (note !== undefined) result.note = note;
    for (const { place, attach } of attachables) attempt(result, () => this.#keep(result, attach(), place));
  }

  #keep(result: ProgramResult, link: Link, place: string = link.description): void {
    this.links.push({ program: result.name, link });
    result.state = "attached";
    result.places.push({ place, road: link.road });
  }
}

function attempt(result: ProgramResult, work: () => void): void {
  try {
    work();
  } catch (error) {
    result.state = "failed";
    result.error = asError(error);
    result.note = result.error.message;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
