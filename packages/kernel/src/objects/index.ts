/** BPF objects of the whole system, whoever made them: what there is, who keeps it, what it costs. */
export { btfInfo, openBtfById } from "./btf-info.ts";
export type { BtfInfo } from "./btf-info.ts";
export { CostMeter } from "./cost.ts";
export type { Cost } from "./cost.ts";
export { programFunctions, type ProgramFunction } from "./functions.ts";
export { findHolders, HolderIndex } from "./holders.ts";
export type { Holders, HoldingProcess, PerfEventAttachment } from "./holders.ts";
export { jitedLineBytes } from "./jited-lines.ts";
export { linkEntry, listBtf, listLinks, listMaps, listPrograms, mapEntry } from "./list.ts";
export type { LinkEntry, MapEntry } from "./list.ts";
export { pinnedObject } from "./pins.ts";
export { programCode } from "./program-code.ts";
export type { JitedFunction, ProgramCode } from "./program-code.ts";
export { programInfo } from "./program-info.ts";
export type { ProgramInfo } from "./program-info.ts";
