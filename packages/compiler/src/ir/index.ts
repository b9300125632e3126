/** The intermediate form: its types, how it is built, printed and checked. */
export type * from "./ir.ts";
export { FunctionBuilder } from "./builder.ts";
export type { Condition, LoadOptions } from "./builder.ts";
export type { VariableRef } from "./variables.ts";
export { print } from "./print.ts";
export { pointerTo, SCALAR } from "./values.ts";
export { InvalidIr, validate } from "./validate.ts";
