/** Event sources whose numbers the kernel gives out at boot: kprobe and uprobe. */
import { readFileSync } from "node:fs";
import { UnsupportedFeatureError } from "../sys/index.ts";

export interface EventSource {
  /** For perf_event_attr.type. */
  readonly type: number;
  /** The bit of perf_event_attr.config that asks for the function's return. */
  readonly returnBit: bigint;
}

const ROOT = "/sys/bus/event_source/devices";

/** Errors: UnsupportedFeatureError where the kernel was built without it. */
export function readEventSource(name: "kprobe" | "uprobe", root: string = ROOT): EventSource {
  const folder = `${root}/${name}`;
  let type: number;
  try {
    type = Number(readFileSync(`${folder}/type`, "latin1"));
  } catch (error) {
    const option = name === "kprobe" ? "CONFIG_KPROBE_EVENTS" : "CONFIG_UPROBE_EVENTS";
    throw new UnsupportedFeatureError(
      `${name}s`,
      "4.17",
      `${folder} does not exist, so it was built without ${option}`,
      { cause: error },
    );
  }
  const bit = /^config:(\d+)/.exec(readFileSync(`${folder}/format/retprobe`, "latin1"));
  return { type, returnBit: 1n << BigInt(bit?.[1] ?? 0) };
}
