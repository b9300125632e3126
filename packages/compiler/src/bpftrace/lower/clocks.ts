/** The kernel's clocks, in nanoseconds. */
import type { Inst } from "../../ir/index.ts";
import type { Call } from "../ast.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";
import { notLowered, refuse } from "./messages.ts";

const CLOCKS: Readonly<Record<string, number>> = {
  boot: Helper.ktimeGetBootNs,
  monotonic: Helper.ktimeGetNs,
  tai: Helper.ktimeGetTaiNs,
  sw_tai: Helper.ktimeGetTaiNs,
};

/** Nanoseconds since boot, time asleep included: what `nsecs` means. */
export function now(h: Handler): Inst {
  return h.builder.call(Helper.ktimeGetBootNs, []);
}

/** nsecs(mode). */
export function namedClock(h: Handler, e: Call): Inst {
  const [mode] = e.args;
  const name = mode === undefined ? "boot" : mode.kind === "identifier" ? mode.name : "";
  const helper = Object.hasOwn(CLOCKS, name) ? CLOCKS[name] : undefined;
  return helper === undefined ? refuse(notLowered, e.span, "this clock is") : h.builder.call(helper, []);
}

/** Nanoseconds since 1970, by the wall clock as it was when the session began. */
export function wallTime(h: Handler): Inst {
  const { builder } = h;
  return builder.binary("add", now(h), builder.load(builder.mapValue(h.object.start, 0), 8, 8));
}

/** Nanoseconds since the session began. */
export function elapsed(h: Handler): Inst {
  const { builder } = h;
  return builder.binary("sub", now(h), builder.load(builder.mapValue(h.object.start, 0), 0, 8));
}
