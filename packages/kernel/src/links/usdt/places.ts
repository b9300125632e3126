/** Where a usdt probe is, and what its program is told at each of its places. */
import type { AttachTarget } from "@sonde/bpf/spec";
import { Errno, KernelError } from "../../sys/index.ts";
import { resolveBinary } from "../../symbols/library.ts";
import { describeTarget } from "../describe.ts";
import type { AttachOptions } from "../options.ts";
import { addressOf } from "./addresses.ts";
import { parseArguments } from "./arguments.ts";
import { type UsdtNote, usdtNotes } from "./notes.ts";

export interface UsdtPlace {
  readonly path: string;
  /** In the file, of the instruction. */
  readonly offset: number;
  readonly semaphoreOffset?: number;
  /** The user's own, or the key of its arguments in the table that the program reads. */
  readonly cookie: bigint;
}

/**
 * `hasCookies`: whether programs learn from a cookie where their arguments are (5.15), not from the address of the probe.
 *
 * Errors: KernelError (ENOENT) where the file is not there or has no such probe, TypeError for arguments that
 * cannot be read, UnsupportedFeatureError where the address would be needed and cannot be known.
 */
export function usdtPlaces(
  target: Extract<AttachTarget, { kind: "usdt" }>,
  options: AttachOptions,
  hasCookies: () => boolean,
): UsdtPlace[] {
  const absent = (advice: string): KernelError =>
    new KernelError({ call: "perf_event_open", subject: describeTarget(target), errno: Errno.ENOENT, advice });
  const path = resolveBinary(target.path);
  if (path === undefined) throw absent(`There is no program or library ${target.path}.`);
  const notes = usdtNotes(path);
  const wanted = notes.filter(
    (note) =>
      note.provider === target.provider &&
      note.name === target.name &&
      (target.arguments === undefined || note.arguments === target.arguments),
  );
  if (wanted.length === 0) throw absent(`${path} has no such probe${others(notes)}.`);
  return wanted.map((note) => ({
    path,
    offset: note.offset,
    ...(note.semaphoreOffset !== undefined && { semaphoreOffset: note.semaphoreOffset }),
    cookie: cookieOf(note, path, options, hasCookies),
  }));
}

function cookieOf(
  note: UsdtNote,
  path: string,
  { usdt, cookie = 0n, pid }: AttachOptions,
  hasCookies: () => boolean,
): bigint {
  if (usdt === undefined) return cookie;
  const id = usdt.idOf(parseArguments(note.arguments), cookie);
  if (hasCookies()) return BigInt(id);
  usdt.setAt(addressOf(note, path, pid), id);
  return 0n;
}

function others(notes: readonly UsdtNote[]): string {
  const names = [...new Set(notes.map(({ provider, name }) => `${provider}:${name}`))];
  return names.length === 0
    ? ", nor any other"
    : `; it has ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", ..." : ""}`;
}
