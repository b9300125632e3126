/** BTF, the kernel's and objects' types: read, built, printed, and values by them. */
export { BtfBuilder, BtfError, BtfReader, loadIndex, serialiseIndex } from "@sonde/bpf/btf";
export { declaration, definition, findMember, isComposite, memberNames, resolve, sizeOf } from "@sonde/bpf/btf";
export { deduplicate, encodeTypes, mergeTypes, printC, printTypeScript, reachable } from "@sonde/bpf/btf";
export { CodecError, codecOf, codecOfShape, layoutText, shapeOf } from "@sonde/bpf/btf";
export type {
  Btf,
  BtfEnumerator,
  BtfIndex,
  BtfKind,
  BtfMember,
  BtfParam,
  BtfReaderOptions,
  BtfType,
  BtfVariable,
  IntEncoding,
  Linkage,
  MemberInit,
  TypeId,
} from "@sonde/bpf/btf";
export type {
  BtfValue,
  Codec,
  CodecOptions,
  Composite,
  EnumName,
  FoundMember,
  Shape,
  ShapeField,
} from "@sonde/bpf/btf";
