import type { BuildOptions } from "@sonde/builder";
import { print } from "@sonde/compiler/ir";

/** Collects the functions as they are before code is made of them. */
export function dumpFunctions(into: string[]): BuildOptions {
  return {
    dump: (func, stage) => {
      if (stage === "final") into.push(print(func));
    },
  };
}
