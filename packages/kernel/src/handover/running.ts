/**
 * What runs at a place, pinned beside its link: opening it by the id that the link tells would take
 * CAP_SYS_ADMIN. A process that ends between the exchange and the pin leaves one of the two that is not it.
 */
import { renameSync, rmSync } from "node:fs";
import { mapInfo } from "../maps/info.ts";
import type { BpfMap } from "../maps/map.ts";
import { openMapById, openPinnedMap } from "../maps/open.ts";
import { openPinnedProgram, openProgramById } from "../programs/open.ts";
import type { Program } from "../programs/program.ts";
import { objectPin } from "../sys/bpf/object-commands.ts";
import { Errno } from "../sys/errno.ts";
import { kernelError, KernelError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";

const RUNNING = "running";
const NEXT = "next";

/** Errors: KernelError. */
export function pinRunning(kernel: Kernel, folder: string, { fd }: { readonly fd: number }): void {
  objectPin(kernel, fd, `${folder}/${RUNNING}`);
}

/** Does what puts another one in its place, with both pinned meanwhile. Errors: KernelError; those of `exchange`. */
export function exchangeRunning(
  kernel: Kernel,
  folder: string | undefined,
  { fd }: { readonly fd: number },
  exchange: () => void,
): void {
  if (folder === undefined) return exchange();
  rmSync(`${folder}/${NEXT}`, { force: true });
  objectPin(kernel, fd, `${folder}/${NEXT}`);
  exchange();
  renameSync(`${folder}/${NEXT}`, `${folder}/${RUNNING}`);
}

/** The program of this id that was left in a folder. Errors: KernelError. */
export function leftProgram(kernel: Kernel, folder: string, id: number): Program {
  const left = pinned(
    folder,
    (path) => openPinnedProgram(kernel, path),
    (program) => program.id() === id,
  );
  return left ?? openProgramById(kernel, id);
}

/** The same of a struct_ops map. */
export function leftMap(kernel: Kernel, folder: string, id: number): BpfMap {
  const left = pinned(
    folder,
    (path) => openPinnedMap(kernel, path),
    (map) => mapInfo(kernel, map.fd, map.subject).id === id,
  );
  const map = left ?? openMapById(kernel, id);
  if (map === undefined) throw kernelError("BPF_MAP_GET_FD_BY_ID", `map ${id}`, Errno.ENOENT);
  return map;
}

function pinned<T extends { close(): void }>(
  folder: string,
  open: (path: string) => T,
  wanted: (object: T) => boolean,
): T | undefined {
  for (const name of [RUNNING, NEXT]) {
    const object = opened(() => open(`${folder}/${name}`));
    if (object === undefined) continue;
    if (wanted(object)) return object;
    object.close();
  }
  return undefined;
}

function opened<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    // There is none, or it is a map where a program was expected.
    if (!(error instanceof KernelError)) throw error;
    return undefined;
  }
}
