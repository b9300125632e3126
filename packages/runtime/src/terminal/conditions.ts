/**
 * Conditions on the fields of events, as typed after `--filter`: "comm=bash", "latency>1000000",
 * "file~^/etc/". They choose among events that have come out of the kernel; a monitor's parameters, and
 * filters by process and container, spare the events themselves.
 */
import type { Integer, Value } from "../decode/value.ts";
import type { Cell } from "./cells.ts";

/** What was typed is no condition on these fields. */
export class ConditionError extends Error {
  override readonly name = "ConditionError";
}

export type Condition = (values: readonly Value[]) => boolean;

const FORM = /^([A-Za-z_]\w*)\s*(!=|>=|<=|!~|=|>|<|~)\s*(.*)$/s;
const NUMBER = /^(-?\d+(?:\.\d+)?)(ns|us|ms|s|k|M|G)?$/;
/** Durations count in nanoseconds, as programs do. */
const FACTORS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, k: 1e3, M: 1e6, G: 1e9 };

/** @throws {ConditionError} */
export function parseCondition(text: string, cells: readonly Cell[]): Condition {
  const [, name, operator, operand] = FORM.exec(text) ?? [];
  if (name === undefined || operator === undefined || operand === undefined)
    throw new ConditionError(`'${text}' is no condition: write FIELD=VALUE, or with !=, <, <=, >, >=, ~ (matches), !~`);
  const cell = cells.find((candidate) => candidate.name === name);
  if (cell === undefined)
    throw new ConditionError(`there is no field ${name}; there are ${cells.map((each) => each.name).join(", ")}`);
  if (operator === "~" || operator === "!~") {
    const pattern = patternOf(operand);
    return (values) => pattern.test(cell.text(values) ?? "") === (operator === "~");
  }
  if (operator === "=" || operator === "!=") {
    const number = numberOf(operand);
    const equal: Condition = (values) => {
      const plain = cell.plain(values);
      return isInteger(plain) && number !== undefined ? Number(plain) === number : cell.text(values) === operand;
    };
    return operator === "=" ? equal : (values) => !equal(values);
  }
  const bound = numberOf(operand);
  if (bound === undefined)
    throw new ConditionError(`'${text}': ${operator} compares with a number, such as 10, 4k or 1ms, not '${operand}'`);
  const holds = ORDER[operator as keyof typeof ORDER];
  return (values) => {
    const plain = cell.plain(values);
    return isInteger(plain) && holds(Number(plain), bound);
  };
}

const ORDER = {
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b,
} as const;

function isInteger(value: Value | undefined): value is Integer {
  return typeof value === "number" || typeof value === "bigint";
}

/** A number with an optional unit. */
function numberOf(text: string): number | undefined {
  const [, digits, unit] = NUMBER.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === undefined ? 1 : FACTORS[unit]!);
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new ConditionError(`'${text}' is no regular expression: ${(error as Error).message}`);
  }
}
