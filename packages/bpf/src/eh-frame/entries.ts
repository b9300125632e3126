/**
 * The entries of `.eh_frame`, as the Linux Standard Base describes them:
 *
 *     u32 length, u32 0             CIE: what many functions have in common
 *         u8 version, text augmentation, uleb code factor, sleb data factor, uleb return address register
 *         uleb length and the data of each letter behind the z of "zPLRS", then instructions
 *     u32 length, u32 back          FDE: one function; its CIE starts `back` bytes before the word `back`
 *         pointer to the code, its length, uleb length of more data, then instructions
 *     u32 0                         the end
 */
import { Cursor, OMIT } from "./cursor.ts";
import { EhFrameError } from "./errors.ts";

export interface CommonEntry {
  readonly codeFactor: number;
  readonly dataFactor: number;
  /** DWARF's number of the register that holds the return address in this table's terms. */
  readonly returnAddress: number;
  /** DW_EH_PE_* of the pointers to code. */
  readonly encoding: number;
  /** The frame was made by the kernel to call a signal's handler: its return address is where the signal struck. */
  readonly signal: boolean;
  readonly augmented: boolean;
  readonly instructions: Span;
}

/** Bytes of the section. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FunctionEntry {
  readonly common: CommonEntry;
  readonly start: number;
  /** The first address after it. */
  readonly end: number;
  readonly instructions: Span;
}

const EXTENDED_LENGTH = 0xffffffff;

/** Every function of the section that can be read, in its order. Errors: EhFrameError where the entries cannot be told apart. */
export function* functionEntries(section: {
  readonly address: number;
  readonly bytes: DataView;
}): Generator<FunctionEntry> {
  const { address, bytes } = section;
  const commons = new Map<number, CommonEntry>();
  const all = new Cursor(bytes, address);
  while (!all.done) {
    let length = all.u32();
    if (length === 0) return;
    if (length === EXTENDED_LENGTH) length = all.u64();
    const at = all.at;
    const entry = all.take(length);
    const back = entry.u32();
    if (back === 0) continue;
    const where = at - back;
    let common = commons.get(where);
    if (common === undefined) commons.set(where, (common = readCommon(bytes, address, where)));
    const start = entry.pointer(common.encoding);
    // The length is written like the pointer, and counted from nothing.
    const size = entry.pointer(common.encoding & 0x0f);
    if (common.augmented) entry.skip(entry.uleb());
    if (size > 0) yield { common, start, end: start + size, instructions: { start: entry.at, end: at + length } };
  }
}

/** The CIE that starts at byte `at`. */
function readCommon(bytes: DataView, address: number, at: number): CommonEntry {
  const all = new Cursor(bytes, address, at);
  const length = all.u32();
  if (length === EXTENDED_LENGTH) throw new EhFrameError(`the CIE at byte ${at} is longer than 4 GB`);
  const end = all.at + length;
  const entry = all.take(length);
  if (entry.u32() !== 0) throw new EhFrameError(`what stands at byte ${at} is no CIE`);
  const version = entry.u8();
  if (version !== 1 && version !== 3) throw new EhFrameError(`version ${version} of the CIE at byte ${at}`);
  const augmentation = entry.text();
  const codeFactor = entry.uleb();
  const dataFactor = entry.sleb();
  const returnAddress = version === 1 ? entry.u8() : entry.uleb();
  const found = { encoding: 0, signal: false };
  const augmented = augmentation.startsWith("z");
  if (augmented) readAugmentation(entry.take(entry.uleb()), augmentation.slice(1), found);
  else if (augmentation !== "")
    throw new EhFrameError(`augmentation ${JSON.stringify(augmentation)} of the CIE at byte ${at}`);
  const instructions = { start: entry.at, end };
  return { codeFactor, dataFactor, returnAddress, ...found, augmented, instructions };
}

function readAugmentation(data: Cursor, letters: string, found: { encoding: number; signal: boolean }): void {
  for (const letter of letters) {
    switch (letter) {
      case "R":
        found.encoding = data.u8();
        break;
      case "P": {
        // The function that C++ asks on a throw: only its length matters here.
        const encoding = data.u8();
        if (encoding !== OMIT) data.pointer(encoding & 0x0f);
        break;
      }
      case "L":
        data.skip(1);
        break;
      case "S":
        found.signal = true;
        break;
      default:
        // What a letter means that nobody knows here stands behind all that matters, or the lengths tell.
        return;
    }
  }
}
