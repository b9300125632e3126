/** All BPF objects that the kernel holds, whoever made them. */
import { readFileSync } from "node:fs";
import { linkInfo } from "../links/info.ts";
import type { LinkInfo } from "../links/info.ts";
import { mapInfo } from "../maps/info.ts";
import type { MapInfo } from "../maps/info.ts";
import { objectById, objectIds } from "../sys/bpf/object-commands.ts";
import type { ObjectKind } from "../sys/bpf/object-commands.ts";
import { UnsupportedFeatureError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";
import { btfInfo } from "./btf-info.ts";
import type { BtfInfo } from "./btf-info.ts";
import { linkPlace } from "./link-place.ts";
import { programInfo } from "./program-info.ts";
import type { ProgramInfo } from "./program-info.ts";

export interface MapEntry extends MapInfo {
  /** Of kernel memory; undefined where /proc does not tell. */
  readonly memoryBytes: number | undefined;
  /** User space cannot write to it any more. */
  readonly frozen: boolean;
}

/** A link with what is known only by asking for its particulars. */
export type LinkEntry = LinkInfo & {
  /** Where it is attached: "kprobe:vfs_read", "interface 2"; empty where the kernel does not tell. */
  readonly place: string;
};

/** Errors of all: KernelError, EPERM without CAP_SYS_ADMIN. Objects that go away meanwhile are left out. */
export function listPrograms(kernel: Kernel): readonly ProgramInfo[] {
  return list(kernel, "program", programInfo);
}

/** Maps of types that came after this program are left out. */
export function listMaps(kernel: Kernel): readonly MapEntry[] {
  return list(kernel, "map", mapEntry);
}

export function listLinks(kernel: Kernel): readonly LinkEntry[] {
  return list(kernel, "link", linkEntry);
}

export function listBtf(kernel: Kernel): readonly BtfInfo[] {
  return list(kernel, "btf", btfInfo);
}

export function mapEntry(kernel: Kernel, fd: number, subject: string): MapEntry {
  const proc = readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
  const memory = /^memlock:\s*(\d+)$/m.exec(proc)?.[1];
  return {
    ...mapInfo(kernel, fd, subject),
    memoryBytes: memory === undefined ? undefined : Number(memory),
    frozen: /^frozen:\s*1$/m.test(proc),
  };
}

export function linkEntry(kernel: Kernel, fd: number, subject: string): LinkEntry {
  const info = linkInfo(kernel, fd, subject);
  return { ...info, place: linkPlace(kernel, fd, info, subject) };
}

function list<T>(
  kernel: Kernel,
  kind: ObjectKind,
  read: (kernel: Kernel, fd: number, subject: string) => T,
): readonly T[] {
  const found: T[] = [];
  for (const id of [...objectIds(kernel, kind)]) {
    using fd = objectById(kernel, kind, id);
    if (fd === undefined) continue;
    try {
      found.push(read(kernel, fd.fd, `${kind} ${id}`));
    } catch (error) {
      if (!(error instanceof UnsupportedFeatureError)) throw error;
    }
  }
  return found;
}
