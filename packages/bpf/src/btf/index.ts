/** BTF, the BPF type format: read, look up, build, encode, print. */
export * from "./btf.ts";
export * from "./errors.ts";
export * from "./index-table.ts";
export * from "./reader.ts";
