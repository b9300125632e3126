export { type Attachment, Attacher, type LoadedProgram } from "./attacher.ts";
export { describeTarget } from "./describe.ts";
export { Link, stopAll } from "./link.ts";
