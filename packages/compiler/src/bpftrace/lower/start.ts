/** The program that notes when the session began, for `elapsed`; it runs before all others. */
import type { ProgramSpec } from "@sonde/bpf/spec";
import { compileModule, type CompileOptions } from "../../codegen/index.ts";
import { FunctionBuilder } from "../../ir/index.ts";
import { START } from "./clocks.ts";
import { Helper } from "./helpers.ts";
import type { ObjectBuilder } from "./object.ts";

export function startProgram(object: ObjectBuilder, options: CompileOptions): ProgramSpec {
  const name = object.programName("session_start");
  const builder = new FunctionBuilder(name, "main", []);
  builder.store(builder.mapValue(START, 0), 0, 8, builder.call(Helper.ktimeGetBootNs, []));
  builder.return(builder.constant(0));
  const { instructions } = compileModule({ main: builder.finish(), functions: [] }, options);
  return {
    name,
    type: "raw_tracepoint",
    attach: [{ kind: "run", when: "begin" }],
    instructions,
    functions: new Map([[name, object.types.program(name)]]),
    title: "elapsed",
  };
}
