export {
  type Attachment,
  Attacher,
  type AttacherOptions,
  isNetworkTarget,
  type LoadedProgram,
  type NetworkAttach,
} from "./attacher.ts";
export { describeTarget } from "./describe.ts";
export { type LinkInfo, type LinkKind, linkInfo } from "./info.ts";
export { type IteratorParameters, readIterator, streamIterator } from "./iterator.ts";
export { attachLirc, type LircOptions } from "./lirc.ts";
export { type Bond, type Held, Link, stopAll } from "./link.ts";
export type { AttachOptions, MultiFunction } from "./options.ts";
export { parseArguments, type UsdtArgument } from "./usdt/arguments.ts";
export { type UsdtNote, usdtNotes } from "./usdt/notes.ts";
export { UsdtSpecs, usdtSpecs } from "./usdt/specs.ts";
