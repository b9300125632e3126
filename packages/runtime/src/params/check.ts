/** Parameters: global variables of a monitor's programs that a user sets. */
import type { ParamView } from "@sonde/bpf/spec";

/** Integers beyond 2^53 as decimal text. */
export type ParamValue = number | boolean | string;

/** A value that a parameter cannot have, or a parameter that there is not. */
export class ParamError extends Error {
  override readonly name = "ParamError";
}

/**
 * A value as the parameter has it: text (from a command line or a query) becomes what its type wants.
 * @throws {ParamError}
 */
export function checkParam(param: ParamView, value: ParamValue): ParamValue {
  const { name, type, min, max } = param;
  const wrong = (wanted: string): ParamError =>
    new ParamError(`parameter ${name} takes ${wanted}, not ${JSON.stringify(value)}`);
  switch (type.kind) {
    case "bool": {
      const text = String(value);
      if (text !== "true" && text !== "false") throw wrong("true or false");
      return text === "true";
    }
    case "string": {
      const size = Buffer.byteLength(String(value));
      if (size >= type.size) throw wrong(`a text of at most ${type.size - 1} bytes`);
      if (size === 0 && param.places !== undefined) throw wrong("a name, since programs are attached by it");
      return String(value);
    }
    case "int": {
      const number = integer(value);
      const least = min ?? -Infinity;
      const most = max ?? Infinity;
      const fits = number !== undefined && BigInt[type.signed ? "asIntN" : "asUintN"](type.size * 8, number) === number;
      if (number === undefined || !fits || number < least || number > most)
        throw wrong(`an integer${rangeText(min, max)}`);
      return number >= Number.MIN_SAFE_INTEGER && number <= Number.MAX_SAFE_INTEGER ? Number(number) : String(number);
    }
    default:
      throw new ParamError(`parameter ${name} is of a type that cannot be set (${type.kind})`);
  }
}

function integer(value: ParamValue): bigint | undefined {
  try {
    return typeof value === "boolean" ? undefined : BigInt(typeof value === "string" ? value.trim() : value);
  } catch {
    return undefined;
  }
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}
