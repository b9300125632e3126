export { type Attachment, Attacher, type LoadedProgram } from "./attacher.ts";
export { describeTarget } from "./describe.ts";
export { type LinkInfo, type LinkKind, linkInfo } from "./info.ts";
export { type Bond, Link, stopAll } from "./link.ts";
