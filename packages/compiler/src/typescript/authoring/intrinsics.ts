/** Functions that exist in handlers only: the compiler knows them by their value. */
const INTRINSIC: unique symbol = Symbol("intrinsic");

export interface IntrinsicFunction {
  (...args: readonly unknown[]): unknown;
  readonly [INTRINSIC]: string;
}

/** A function that only a handler can call. */
export function intrinsic(name: string): IntrinsicFunction {
  return withName(name, () => {
    throw new TypeError(`${name}() runs in the kernel: call it in a handler, not while the module is built`);
  });
}

/** One that module code can call as well. */
export function withName(name: string, run: (...args: readonly never[]) => unknown): IntrinsicFunction {
  return Object.assign(run as (...args: readonly unknown[]) => unknown, { [INTRINSIC]: name });
}

export function intrinsicName(value: unknown): string | undefined {
  return typeof value === "function" && INTRINSIC in value ? (value as IntrinsicFunction)[INTRINSIC] : undefined;
}
