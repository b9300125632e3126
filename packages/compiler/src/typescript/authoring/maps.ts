/** `hash` and the other maps, `global`, `param`. */
import type { MapType } from "@sonde/bpf/spec";
import { refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/declarations.ts";
import type { Registry } from "../prepare/registry.ts";
import { spanOf, typeArgumentsOf } from "../syntax/ast.ts";
import { Call } from "./arguments.ts";
import {
  GlobalDeclaration,
  MapDeclaration,
  ParamDeclaration,
  TimerDeclaration,
  type Declarations,
} from "./declarations.ts";

const ENTRIES = 10_240;
const MOST_ENTRIES = 16_777_216;

export function mapFunction(registry: Registry, declarations: Declarations, name: string, type: MapType) {
  const isArray = type === "array" || type === "percpu_array";
  return (options?: unknown): MapDeclaration => {
    const call = new Call(name, registry);
    const { maxEntries } = call.options(options, ["maxEntries"]);
    const types = typeArgumentsOf(call.site.node);
    if (types?.length !== (isArray ? 1 : 2))
      refuse(
        messages.noTypes,
        spanOf(call.site.node),
        name,
        isArray ? `${name}<u64>({ maxEntries: 64 })` : `${name}<u32, u64>()`,
      );
    const entries = maxEntries === undefined ? ENTRIES : call.integer(maxEntries, "maxEntries", 1, MOST_ENTRIES);
    const map = new MapDeclaration(declarations.uniqueName(call.site.name ?? name), type, entries, call.site);
    declarations.maps.push(map);
    return map;
  };
}

export function globalFunction(registry: Registry, declarations: Declarations) {
  return (initial?: unknown): GlobalDeclaration => {
    const call = new Call("global", registry);
    if (typeArgumentsOf(call.site.node)?.length !== 1)
      refuse(messages.noTypes, spanOf(call.site.node), "global", "global<u64>(0)");
    const global = new GlobalDeclaration(declarations.uniqueName(call.site.name ?? "global"), initial, call.site);
    declarations.globals.push(global);
    return global;
  };
}

export function timerFunction(registry: Registry, declarations: Declarations) {
  return (handler: unknown): TimerDeclaration => {
    const call = new Call("timer", registry);
    if (typeof handler !== "function") call.fail("its argument is the function that is to run");
    return new TimerDeclaration(declarations.uniqueName(call.site.name ?? "timer"), handler, call.site);
  };
}

/** Bytes of a text that a user may set. */
const TEXT_BYTES = 64;

export function paramFunction(registry: Registry, declarations: Declarations) {
  return (name: unknown, initial: unknown, options?: unknown): ParamDeclaration => {
    const call = new Call("param", registry);
    const { help, short, min, max, size } = call.options(options, ["help", "short", "min", "max", "size"]);
    const wanted = call.metricName(name);
    if (!["number", "bigint", "boolean", "string"].includes(typeof initial))
      call.fail("its initial value is a number, a boolean or a string");
    if (typeof initial === "number" && !Number.isSafeInteger(initial))
      call.fail(
        `${initial} is not a whole number`,
        "count in a smaller unit, such as nanoseconds; wide constants are bigints",
      );
    if (short !== undefined && !(typeof short === "string" && /^[A-Za-z0-9]$/.test(short)))
      call.fail("short is one letter or digit");
    if (short !== undefined && declarations.params.some((other) => other.short === short))
      refuse(messages.twice, spanOf(call.site.node), "parameter", `-${short as string}`);
    if (declarations.params.some((other) => other.name === wanted))
      refuse(messages.twice, spanOf(call.site.node), "parameter", wanted);
    const param = new ParamDeclaration(
      wanted,
      initial as number | bigint | boolean | string,
      {
        help: help === undefined ? "" : call.text(help, "help"),
        ...(short === undefined ? {} : { short: short as string }),
        ...(min === undefined
          ? {}
          : { min: call.integer(min, "min", -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) }),
        ...(max === undefined
          ? {}
          : { max: call.integer(max, "max", -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) }),
        size: size === undefined ? TEXT_BYTES : call.integer(size, "size", 2, 4096),
      },
      call.site,
    );
    declarations.params.push(param);
    return param;
  };
}
