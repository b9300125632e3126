/** BPF objects as pure data: instructions, types, specs. No I/O and no kernel. */
export * from "./asm/index.ts";
export * from "./btf/index.ts";
export * from "./core/index.ts";
export * from "./spec/index.ts";
