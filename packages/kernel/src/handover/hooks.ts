/** Makes hooks, and takes those up again that a process before this one left pinned. */
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { ProgramFlag } from "@sonde/bpf/spec";
import type { Collection } from "../collection/collection.ts";
import { Attacher, isNetworkTarget } from "../links/attacher.ts";
import { linkInfo } from "../links/info.ts";
import { type Bond, Link } from "../links/link.ts";
import { attachToNetwork } from "../links/net/target.ts";
import { openPinnedMap } from "../maps/open.ts";
import type { Vmlinux } from "../programs/kernel-types.ts";
import { objectGet } from "../sys/bpf/object-commands.ts";
import { KernelError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";
import { type Exchange, type Hook, LinkHook, removePins, RootHook } from "./hook.ts";
import { folderOf, handleOf, type HookPlace, type ProgramPlace } from "./place.ts";
import { exchangeRunning, leftMap, leftProgram, pinRunning } from "./running.ts";
import { loadRoots, rootName, slotName } from "./roots.ts";
import { type HookSubject, leftStructOps, type StructOpsSubject } from "./subject.ts";

/** Begins the name of a folder whose pins are not complete yet. */
const UNFINISHED = "new-";
const SLOT = "slot";
const LINK = "link";

export interface HooksOptions {
  readonly vmlinux: Vmlinux;
  /** A folder on a BPF file system; without one nothing is pinned. */
  readonly folder?: string;
}

export class Hooks {
  readonly #kernel: Kernel;
  readonly #vmlinux: Vmlinux;
  readonly #folder: string | undefined;
  readonly #attacher: Attacher;

  constructor(kernel: Kernel, { vmlinux, folder }: HooksOptions) {
    this.#kernel = kernel;
    this.#vmlinux = vmlinux;
    this.#folder = folder;
    this.#attacher = new Attacher(kernel, { vmlinux, network: attachToNetwork });
  }

  /**
   * Attaches each place's own program, behind a root where that is possible. All of them, or none.
   * Errors: those of attaching.
   */
  async attach(places: readonly HookPlace[]): Promise<readonly Hook[]> {
    const hooks: Hook[] = [];
    const rooted = places.filter(isRooted);
    const roots = loadRoots(this.#kernel, rooted, this.#vmlinux);
    const taken = new Set<unknown>();
    try {
      for (const place of places) {
        const hook = isRooted(place)
          ? this.#attachRoot(place, roots, rooted.indexOf(place), taken)
          : this.#attachDirectly(place);
        hooks.push(hook);
      }
      return hooks;
    } catch (error) {
      await Promise.all(hooks.map((hook) => hook.detach()));
      throw error;
    } finally {
      for (const program of roots.programs) if (!taken.has(program)) program.close();
      for (const map of roots.maps) if (!taken.has(map)) map.close();
    }
  }

  /** The hook that a process before this one left at a place; undefined if there is none, or only a part of it. */
  open(place: HookPlace): Hook | undefined {
    if (this.#folder === undefined) return undefined;
    const folder = `${this.#folder}/${folderOf(place)}`;
    const names = namesIn(folder);
    if (names.length === 0) return undefined;
    try {
      return this.#open(place, folder, names);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      removePins(folder);
      return undefined;
    }
  }

  #open(place: HookPlace, folder: string, names: readonly string[]): Hook {
    const { key, description } = place;
    const bonds: Bond[] = names
      .filter((name) => name.startsWith(LINK))
      .map((name) => ({ program: objectGet(this.#kernel, `${folder}/${name}`) }));
    const link = new Link(this.#kernel, description, "pinned link", bonds);
    const parts = { key, description, link, folder };
    try {
      const attach = (subject: HookSubject): Link => this.#link(place, subject, folder);
      const exchange = this.#exchangeIn(folder);
      const info = bonds[0] && linkInfo(this.#kernel, bonds[0].program.fd, description);
      if (info?.kind === "struct_ops") {
        const map = leftMap(this.#kernel, folder, info.mapId);
        return new LinkHook(
          parts,
          { subject: leftStructOps(map), release: () => map.close() },
          attach,
          exchange,
          undefined,
        );
      }
      const running = leftProgram(this.#kernel, folder, info?.programId ?? 0);
      if (names.includes(SLOT))
        return new RootHook(parts, running, openPinnedMap(this.#kernel, `${folder}/${SLOT}`, SLOT));
      return new LinkHook(
        parts,
        { subject: running, release: () => running.close() },
        attach,
        exchange,
        reasonOf(place),
      );
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** How many places are pinned. */
  get pinned(): number {
    if (this.#folder === undefined) return 0;
    return namesIn(this.#folder).filter((name) => !name.startsWith(UNFINISHED)).length;
  }

  /** Detaches what is pinned for places other than these. */
  sweep(places: readonly Pick<HookPlace, "key" | "description">[]): void {
    if (this.#folder === undefined) return;
    const kept = new Set(places.map(folderOf));
    for (const name of namesIn(this.#folder)) if (!kept.has(name)) removePins(`${this.#folder}/${name}`);
  }

  /** The slot is filled before anything is attached, so that the first event finds its program. */
  #attachRoot(place: ProgramPlace, roots: Collection, index: number, taken: Set<unknown>): Hook {
    const outcome = roots.report.programs.find(({ name }) => name === rootName(index));
    if (outcome?.state !== "loaded") return this.#attachDirectly(place, outcome?.reason ?? NO_TAIL_CALL);
    const root = roots.program(rootName(index));
    const slot = roots.map(slotName(index));
    try {
      slot.update(new Uint8Array(4), new Uint8Array(Uint32Array.of(place.subject.fd).buffer));
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return this.#attachDirectly(place, error.message);
    }
    const link = this.#attacher.attach(root, place.target, place.options);
    taken.add(root).add(slot);
    const folder = this.#pin(place, link, root, (unfinished) => slot.pin(`${unfinished}/${SLOT}`));
    return new RootHook({ ...place, link, folder }, root, slot);
  }

  #attachDirectly(place: HookPlace, reason: string | undefined = reasonOf(place)): Hook {
    const { subject } = place;
    const link = this.#attachTo(place, subject);
    const folder = this.#pin(place, link, subject);
    const parts = { ...place, link, folder };
    const attach = (next: HookSubject): Link => this.#link(place, next, folder);
    return new LinkHook(parts, { subject }, attach, this.#exchangeIn(folder), reason);
  }

  #exchangeIn(folder: string | undefined): Exchange {
    return (subject, exchange) => exchangeRunning(this.#kernel, folder, subject, exchange);
  }

  #link(place: HookPlace, subject: HookSubject, folder: string | undefined): Link {
    const link = this.#attachTo(place, subject);
    if (folder !== undefined) this.#pin(place, link, subject);
    return link;
  }

  /**
   * Subjects of a struct_ops place are struct_ops maps. A filter of tc stays when a process is killed, and cannot be
   * pinned: the next process knows it by its handle and puts its own in its place.
   */
  #attachTo(place: HookPlace, subject: HookSubject): Link {
    if (place.target === undefined) return (subject as StructOpsSubject).register();
    const filter = this.#folder === undefined ? {} : { filterHandle: handleOf(`${this.#folder}/${place.key}`) };
    return this.#attacher.attach(subject, place.target, { ...place.options, ...filter });
  }

  /**
   * Pins a link's parts under a name that says they are not complete, then gives the folder its name: whoever
   * finds it finds all. Undefined where the attachment is no link (perf events before Linux 5.15).
   */
  #pin(
    place: HookPlace,
    link: Link,
    running: { readonly fd: number },
    more: (folder: string) => void = () => {},
  ): string | undefined {
    if (this.#folder === undefined || !link.road.endsWith("link")) return undefined;
    const name = folderOf(place);
    const unfinished = `${this.#folder}/${UNFINISHED}${name}`;
    const folder = `${this.#folder}/${name}`;
    try {
      removePins(unfinished);
      removePins(folder);
      mkdirSync(unfinished, { recursive: true, mode: 0o700 });
      link.pinEach((index) => `${unfinished}/${LINK}${index}`);
      pinRunning(this.#kernel, unfinished, running);
      more(unfinished);
      renameSync(unfinished, folder);
      return folder;
    } catch (error) {
      link.close();
      removePins(unfinished);
      throw error;
    }
  }
}

const NO_TAIL_CALL = "programs of this kind make no tail calls";

/** The kernel exchanges what links of the network, of control groups and of struct_ops run, but for netfilter's (EOPNOTSUPP). */
function wayOf({ target, subject }: HookPlace): "root" | "link" | "again" {
  if (target === undefined || (isNetworkTarget(target) && target.kind !== "netfilter")) return "link";
  if (target.kind === "lsm" && target.cgroup) return "link";
  const sleepable = ((subject.spec.flags ?? 0) & ProgramFlag.SLEEPABLE) !== 0;
  return sleepable || target.kind === "freplace" ? "again" : "root";
}

function isRooted(place: HookPlace): place is ProgramPlace {
  return wayOf(place) === "root";
}

/** Why a place that has no root is not handed over exactly; undefined where the kernel does that itself. */
function reasonOf(place: HookPlace): string | undefined {
  return wayOf(place) === "link" ? undefined : NO_TAIL_CALL;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
