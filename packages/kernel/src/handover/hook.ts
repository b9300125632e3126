/** A place that stays attached while the program behind it is exchanged. */
import { type Dirent, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import type { Link } from "../links/link.ts";
import { KernelError } from "../sys/errors.ts";
import type { BpfMap } from "../maps/map.ts";
import type { Program, ProgramStatistics } from "../programs/program.ts";
import { Errno } from "../sys/errno.ts";
import type { HookSubject } from "./subject.ts";

/**
 * How events are handed from one program to the next:
 *
 * | way     | who runs an event                                                             |
 * | root    | exactly one of the two: a slot is exchanged behind a root program             |
 * | link    | exactly one of the two: the kernel exchanges what the link runs               |
 * | again   | the old one is detached, then the new one attached; what comes between is lost |
 */
export type HookWay = "root" | "link" | "again";

export interface Hook {
  readonly key: string;
  readonly description: string;
  readonly way: HookWay;
  /** By which of the kernel's ways it is attached. */
  readonly road: string;
  /** Whether it is pinned, and so outlives this process. */
  readonly pinned: boolean;
  /** Why not the better way, where it is "again". */
  readonly reason: string | undefined;
  /** Hands events from now on to this program (of struct_ops: this map). Errors: KernelError; the one before goes on then. */
  set(subject: HookSubject): void;
  /** From this moment no event is handed to anybody, though the place stays attached. */
  silence(): void;
  /**
   * Whether the interface or control group it was attached to went away. If it came again, it is attached to anew:
   * "returned". Errors: none; what cannot be attached to is "away" still, and `why` says what the kernel answered.
   */
  lookAfter(): HookPresence;
  /** Of what runs there; runs and times are counted only while statistics are on. */
  statistics(): ProgramStatistics;
  /** Ends the attachment and removes its pins. */
  detach(): Promise<void>;
  /** Lets go of the descriptors; what is pinned goes on. */
  close(): void;
}

export type HookPresence = { readonly is: "there" | "returned" } | { readonly is: "away"; readonly why: string };

const THERE: HookPresence = { is: "there" };

export interface HookParts {
  readonly key: string;
  readonly description: string;
  readonly link: Link;
  /** Where its pins are; undefined if it has none. */
  readonly folder: string | undefined;
}

/** Does what puts another subject in a place, and keeps that one pinned; see running.ts. */
export type Exchange = (subject: HookSubject, exchange: () => void) => void;

/** Behind a root program. */
export class RootHook implements Hook {
  readonly way = "root";
  readonly reason = undefined;
  readonly key: string;
  readonly description: string;
  readonly #link: Link;
  readonly #folder: string | undefined;
  readonly #root: Program;
  readonly #slot: BpfMap;

  /** Takes link, root and slot over. */
  constructor({ key, description, link, folder }: HookParts, root: Program, slot: BpfMap) {
    this.key = key;
    this.description = description;
    this.#link = link;
    this.#folder = folder;
    this.#root = root;
    this.#slot = slot;
  }

  get road(): string {
    return this.#link.road;
  }

  get pinned(): boolean {
    return this.#folder !== undefined;
  }

  set(subject: HookSubject): void {
    this.#slot.update(new Uint8Array(4), word(subject.fd));
  }

  silence(): void {
    this.#slot.delete(new Uint8Array(4));
  }

  /** What roots are attached to does not come and go. */
  lookAfter(): HookPresence {
    return THERE;
  }

  /** The kernel counts a tail call's time as the root's, so this goes on from version to version. */
  statistics(): ProgramStatistics {
    return this.#root.statistics();
  }

  async detach(): Promise<void> {
    this.silence();
    removePins(this.#folder);
    await this.#link.stop();
    this.close();
  }

  close(): void {
    this.#link.close();
    this.#root.close();
    this.#slot.close();
  }
}

/** A link whose program (or struct_ops map) the kernel exchanges itself ("link"), or which is attached anew for each program ("again"). */
export class LinkHook implements Hook {
  readonly way: "link" | "again";
  readonly key: string;
  readonly description: string;
  readonly reason: string | undefined;
  readonly #folder: string | undefined;
  readonly #attach: (subject: HookSubject) => Link;
  readonly #exchange: Exchange;
  /** Undefined while nobody gets its events. */
  #link: Link | undefined;
  readonly road: string;
  #subject: HookSubject;
  /** What it was attached to went away; it is to be attached when that comes again. */
  #away = false;
  /** Lets go of the subject, where it was opened for this hook alone. */
  #release: (() => void) | undefined;

  /**
   * Takes the link over. @param running what runs there, and what lets go of it if nobody else does
   * @param attach attaches another one and pins the link
   * @param exchange around the kernel's own exchange
   * @param reason why not the better way, where it is "again"
   */
  constructor(
    { key, description, link, folder }: HookParts,
    running: { readonly subject: HookSubject; readonly release?: () => void },
    attach: (subject: HookSubject) => Link,
    exchange: Exchange,
    reason: string | undefined,
  ) {
    this.key = key;
    this.description = description;
    this.way = reason === undefined ? "link" : "again";
    this.reason = reason;
    this.#link = link;
    this.road = link.road;
    this.#folder = folder;
    this.#subject = running.subject;
    this.#release = running.release;
    this.#attach = attach;
    this.#exchange = exchange;
  }

  get pinned(): boolean {
    return this.#folder !== undefined;
  }

  set(subject: HookSubject): void {
    if (this.way === "again") this.silence();
    if (this.#link === undefined && !this.#away) this.#link = this.#attach(subject);
    else if (this.#link !== undefined) this.#update(this.#link, subject);
    this.#disown();
    this.#subject = subject;
    this.lookAfter();
  }

  /** An interface or a control group may be gone, whose link is none any more: then it is looked after. */
  #update(link: Link, subject: HookSubject): void {
    try {
      subject.prepare?.();
      this.#exchange(subject, () => link.update(subject));
    } catch (error) {
      if (!(error instanceof KernelError) || error.errno !== Errno.ENOLINK) throw error;
    }
  }

  silence(): void {
    this.#away = false;
    this.#end();
    this.#link?.close();
    this.#link = undefined;
  }

  lookAfter(): HookPresence {
    if (this.#link !== undefined && isDefunct(this.#link)) {
      this.silence();
      this.#away = true;
    }
    if (!this.#away) return THERE;
    try {
      this.#link = this.#attach(this.#subject);
      this.#away = false;
      return { is: "returned" };
    } catch (error) {
      return { is: "away", why: error instanceof Error ? error.message : String(error) };
    }
  }

  statistics(): ProgramStatistics {
    return this.#subject.statistics();
  }

  async detach(): Promise<void> {
    this.#end();
    await this.#link?.stop();
    this.close();
  }

  close(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#disown();
  }

  #disown(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** The kernel lets go of what was pinned a little later than its last pin and descriptor are gone: it is told to do so now. */
  #end(): void {
    removePins(this.#folder);
    try {
      this.#link?.detach();
    } catch (error) {
      // Links of tracing cannot be told (EOPNOTSUPP); what is no link is detached by closing it.
      if (!(error instanceof KernelError) && !(error instanceof TypeError)) throw error;
    }
  }
}

/** Whether the kernel says that a link's interface or control group is no more. */
function isDefunct(link: Link): boolean {
  if (link.fd === undefined) return false;
  const info = link.info();
  switch (info.kind) {
    case "xdp":
    case "tcx":
      return info.interfaceIndex === 0;
    case "cgroup":
      return info.cgroupId === 0n;
    default:
      return false;
  }
}

/** Removes a folder of pins. That it is gone is no error. */
export function removePins(folder: string | undefined): void {
  if (folder === undefined) return;
  try {
    for (const name of readdirSync(folder)) unlinkSync(`${folder}/${name}`);
    rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Removes a folder of pins with the folders in it: what is attached only by them is detached. */
export function removePinTree(folder: string): void {
  for (const entry of entriesOf(folder)) if (entry.isDirectory()) removePinTree(`${folder}/${entry.name}`);
  removePins(folder);
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
