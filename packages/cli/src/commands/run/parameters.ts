/** A monitor's parameters as options of the command line. */
import type { MonitorView, ParamView } from "@sonde/bpf/spec";
import { checkParam, ParamError, type ParamValue } from "@sonde/runtime/params";
import { type Option, type ParsedArguments, UsageError } from "../../command.ts";

const FACTORS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  k: 1_000n,
  M: 1_000_000n,
  G: 1_000_000_000n,
};
const WITH_UNIT = /^(-?\d+)(ns|us|ms|s|k|M|G)$/;

/** Options of a monitor before those that all have, which leave their letters to it. */
export function monitorOptions(monitor: MonitorView, general: readonly Option[]): readonly Option[] {
  const own = parameterOptions(monitor, general);
  const letters = new Set(own.map(({ short }) => short));
  const others = general.map((option) => {
    if (option.short === undefined || !letters.has(option.short)) return option;
    const { short: _, ...rest } = option;
    return rest;
  });
  return [...own, ...others];
}

/** Of options that all monitors have, a parameter's name says more: it is called --param-NAME then. */
function parameterOptions(monitor: MonitorView, taken: readonly Option[]): readonly Option[] {
  return monitor.params.map((param) => {
    const name = parameterOption(param, taken);
    const short = param.short === undefined ? {} : { short: param.short };
    if (param.type.kind === "bool") return { name, ...short, help: param.help };
    return {
      name,
      ...short,
      value: param.type.kind === "string" ? "TEXT" : "N",
      help: `${param.help} (default ${param.initial === "" ? "none" : param.initial}${rangeText(param)})`,
    };
  });
}

/**
 * What was typed, checked: values by the parameters' names.
 * @throws {UsageError}
 */
export function parameterValues(
  monitor: MonitorView,
  args: ParsedArguments,
  taken: readonly Option[],
): ReadonlyMap<string, ParamValue> {
  const values = new Map<string, ParamValue>();
  for (const param of monitor.params) {
    const option = parameterOption(param, taken);
    const text = param.type.kind === "bool" && args.flag(option) ? String(param.initial !== true) : args.value(option);
    if (text === undefined) continue;
    try {
      values.set(param.name, checkParam(param, param.type.kind === "int" ? inFull(text) : text));
    } catch (error) {
      if (error instanceof ParamError) throw new UsageError(`--${option}: ${error.message}`);
      throw error;
    }
  }
  return values;
}

/** A switch turns its parameter round: --failed where it is false at first, --no-failed where it is true. */
export function parameterOption({ name, initial }: ParamView, taken: readonly Option[]): string {
  const plain = `${initial === true ? "no-" : ""}${name.replaceAll("_", "-")}`;
  return taken.some((option) => option.name === plain) ? `param-${plain}` : plain;
}

/** "10ms" is 10000000: programs count in nanoseconds. */
function inFull(text: string): string {
  const [, digits, unit] = WITH_UNIT.exec(text) ?? [];
  return digits === undefined ? text : String(BigInt(digits) * FACTORS[unit!]!);
}

function rangeText({ min, max }: ParamView): string {
  if (min !== undefined && max !== undefined) return `; ${min} to ${max}`;
  if (min !== undefined) return `; at least ${min}`;
  return max === undefined ? "" : `; at most ${max}`;
}
