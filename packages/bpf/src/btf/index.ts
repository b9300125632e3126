/** BTF, the BPF type format: read, look up, build, encode, print. */
export * from "./add-strings.ts";
export * from "./btf.ts";
export * from "./builder.ts";
export { codecOf, codecOfShape } from "./codec.ts";
export type { BtfValue, Codec, CodecOptions } from "./codec.ts";
export { CodecError } from "./codec-write.ts";
export * from "./copy.ts";
export * from "./errors.ts";
export * from "./ext.ts";
export * from "./index-table.ts";
export * from "./members.ts";
export * from "./print.ts";
export * from "./program-info.ts";
export * from "./reader.ts";
export * from "./shape.ts";
