/** Label decoders: what a key's parts become in a metric's labels and a stream's fields. */
export type { DecoderContext, DecoderKind, LabelDecoder } from "./decoder.ts";
export { textOf } from "./decoder.ts";
export type { CgroupIdentity, ContainerIdentity, Identities, PodIdentity, ProcessIdentity } from "./identities.ts";
export { Labels } from "./labels.ts";
export { DECODERS } from "./table.ts";
