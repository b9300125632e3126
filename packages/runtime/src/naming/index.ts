/** Texts for what programs keep as numbers, by the rules of the manifest's Naming. */
import { systemCalls, type Naming } from "@sonde/bpf/spec";
import type { Bytes } from "../decode/bytes.ts";
import { strftime } from "../format/strftime.ts";
import { bootTime } from "../session/start-time.ts";
import { errorText } from "./errors.ts";
import { inetText, macText } from "./inet.ts";
import { signalName } from "./signals.ts";
import { cgroupPath, processName, userName } from "./system.ts";

/** The text of what is kept at an offset. */
export function namer(by: Naming): (source: Bytes, offset: number) => string {
  const word = ({ view }: Bytes, offset: number): bigint => view.getBigUint64(offset, true);
  const number = ({ view }: Bytes, offset: number): bigint => view.getBigInt64(offset, true);
  switch (by.kind) {
    case "inet":
      return ({ buffer }, offset) => inetText(buffer, offset);
    case "mac":
      return ({ buffer }, offset) => macText(buffer, offset);
    case "time":
      return (source, offset) => timeText(by.format, word(source, offset));
    case "cgroup":
      return (source, offset) => cgroupPath(word(source, offset), by.filter);
    case "user":
      return (source, offset) => userName(word(source, offset));
    case "comm":
      return (source, offset) => processName(word(source, offset));
    case "error":
      return (source, offset) => errorText(number(source, offset));
    case "signal":
      return (source, offset) => signalName(number(source, offset));
    case "syscall":
      return (source, offset) => {
        const call = number(source, offset);
        return systemCalls(by.arch).get(Number(call)) ?? String(call);
      };
  }
}

/** Milliseconds from 1970 to the boot. */
let boot: number | undefined;

/** @param nanoseconds since boot */
function timeText(format: string, nanoseconds: bigint): string {
  boot ??= Date.now() - Number(bootTime()) / 1e6;
  const microseconds = boot * 1000 + Number(nanoseconds / 1000n);
  return strftime(format, new Date(microseconds / 1000), Math.floor(microseconds % 1e6));
}
