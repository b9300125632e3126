export { EhFrameError } from "./errors.ts";
export { type CodeSegment, Machine, type ReadBytes, type UnwindImage, readImage } from "./image.ts";
export { type DecodedRule, PLT_ENTRY, Rule, SavedBp, SIGNAL_CONTEXT, decodeRule, encodeRule } from "./rules.ts";
export {
  PAGE_BITS,
  PAGE_BYTES,
  SECTION_WORDS,
  type TableSection,
  type UnwindTable,
  buildTable,
  lookUpRule,
} from "./table.ts";
