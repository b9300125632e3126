/** The module `sonde/probe` as a monitor gets it while it is built. */
import type { BudgetView } from "@sonde/bpf/spec";
import { refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/declarations.ts";
import type { Registry } from "../prepare/registry.ts";
import { spanOf } from "../syntax/ast.ts";
import { Call } from "./arguments.ts";
import { decoders } from "./decode.ts";
import type { Declarations } from "./declarations.ts";
import { intrinsic, withName } from "./intrinsics.ts";
import { globalFunction, mapFunction, paramFunction, timerFunction } from "./maps.ts";
import { exp2, fixed, linear, metricFunction, streamFunction } from "./metrics.ts";
import { hookFunctions } from "./hooks.ts";
import { probeFunctions } from "./probes.ts";
import { structOpsFunction } from "./struct-ops.ts";

/** Functions that only handlers can call. */
export const INTRINSICS = [
  "ktime",
  "bootTime",
  "pid",
  "tid",
  "ppid",
  "uid",
  "gid",
  "cpu",
  "comm",
  "cgroupId",
  "currentTask",
  "random",
  "kernelStack",
  "userStack",
  "readUser",
  "readKernel",
  "readUserString",
  "readKernelString",
  "byteSwap",
  "address",
  "loop",
] as const;

/** Functions of both times: in a handler they are compiled, in module code they run. */
const CONVERSIONS = ["u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64"] as const;

/** What is declared goes to `declarations`. */
export function authoringModule(registry: Registry, declarations: Declarations): Readonly<Record<string, unknown>> {
  const maps = (name: string, type: Parameters<typeof mapFunction>[3]): Record<string, unknown> => ({
    [name]: mapFunction(registry, declarations, name, type),
  });
  return {
    monitor: monitorFunction(registry, declarations),
    ...maps("hash", "hash"),
    ...maps("lruHash", "lru_hash"),
    ...maps("perCpuHash", "percpu_hash"),
    ...maps("lruPerCpuHash", "lru_percpu_hash"),
    ...maps("array", "array"),
    ...maps("perCpuArray", "percpu_array"),
    global: globalFunction(registry, declarations),
    timer: timerFunction(registry, declarations),
    param: paramFunction(registry, declarations),
    counter: metricFunction(registry, declarations, "counter"),
    gauge: metricFunction(registry, declarations, "gauge"),
    histogram: metricFunction(registry, declarations, "histogram"),
    stream: streamFunction(registry, declarations),
    exp2,
    linear,
    fixed,
    decode: decoders(),
    ...probeFunctions(registry, declarations),
    ...hookFunctions(registry, declarations),
    structOps: structOpsFunction(registry, declarations),
    TcAction: { next: -1, pass: 0, drop: 2, redirect: 7 },
    XdpAction: { aborted: 0, drop: 1, pass: 2, transmit: 3, redirect: 4 },
    ...Object.fromEntries(INTRINSICS.map((name) => [name, intrinsic(name)])),
    ...Object.fromEntries(
      CONVERSIONS.map((name) => [name, withName(name, (value: number | bigint) => convert(name, value))]),
    ),
    range: withName("range", range as never),
  };
}

function convert(name: string, value: number | bigint): number | bigint {
  const bits = Number(name.slice(1));
  const wide = name.startsWith("u") ? BigInt.asUintN(bits, BigInt(value)) : BigInt.asIntN(bits, BigInt(value));
  return bits < 64 || (wide >= -(2n ** 53n) && wide <= 2n ** 53n) ? Number(wide) : wide;
}

function* range(first: number, end?: number): Iterable<number> {
  for (let i = end === undefined ? 0 : first; i < (end ?? first); i++) yield i;
}

function monitorFunction(registry: Registry, declarations: Declarations) {
  return (name: unknown, options?: unknown): void => {
    const call = new Call("monitor", registry);
    const { help, version, enabled, budget, license } = call.options(options, [
      "help",
      "version",
      "enabled",
      "budget",
      "license",
    ]);
    const text = call.text(name, "the name");
    if (!/^[A-Za-z0-9_-]+$/.test(text)) call.fail(`"${text}" is not a name`, "letters, digits, _ and -");
    if (declarations.info !== undefined)
      refuse(messages.twice, spanOf(call.site.node), "monitor", declarations.info.name);
    declarations.info = {
      name: text,
      help: help === undefined ? "" : call.text(help, "help"),
      ...(version === undefined ? {} : { version: call.text(version, "version") }),
      enabled: enabled !== false,
      ...(budget === undefined ? {} : { budget: budget as BudgetView }),
      license: license === undefined ? "GPL" : call.text(license, "license"),
    };
  };
}
