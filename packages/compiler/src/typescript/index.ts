/** Monitors in TypeScript: from modules that ran at build time to an object. */
export { authoringModule, INTRINSICS } from "./authoring/index.ts";
export { Declarations, type ProbeDeclaration } from "./authoring/declarations.ts";
export { argumentSource, type ArgumentSource } from "./lower/arguments.ts";
export { lowerMonitor, type BuiltModule, type Lowered } from "./lower/index.ts";
export * as declarationMessages from "./messages/declarations.ts";
export { PROBE_MODULE, prepareModule, type PreparedModule } from "./prepare/prepare.ts";
export { Registry, type ModuleRuntime } from "./prepare/registry.ts";
export type { ModuleGraph } from "./types/resolve.ts";
export { kernelDeclarations, type DeclaredNames } from "./declare/declarations.ts";
