/** From tracing scripts to BPF objects, without touching a kernel. */
export { compileScript, type CompiledScript, type ScriptOptions } from "./compile.ts";
export { CompileError, type CompileOptions } from "./codegen/index.ts";
export * from "./diagnostics/index.ts";
export { RAW_EVENTS, type RawEvent } from "./bpftrace/check/attach/raw-events.ts";
export { environmentSettings } from "./bpftrace/check/config.ts";
export { placedOptions } from "./bpftrace/option-layout.ts";
export type { CheckedProgram } from "./bpftrace/types.ts";
