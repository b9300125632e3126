import type { Func } from "../ir/ir.ts";

/** One transformation of a function. */
export interface Pass {
  readonly name: string;
  /** Whether anything was changed. */
  readonly run: (func: Func) => boolean;
}
