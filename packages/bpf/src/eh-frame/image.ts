/**
 * As much of an ELF image as unwinding takes: where its code is loaded, and its `.eh_frame`. Both are
 * found by the program headers, as the dynamic linker and the C++ runtime find them, so a stripped file
 * and the kernel's vDSO (which is no file at all) are read in the same way.
 *
 *     PT_LOAD          what of the file is loaded where
 *     PT_GNU_EH_FRAME  .eh_frame_hdr: u8 version 1, u8 encoding of the pointer, two more, the pointer to .eh_frame
 */
import { Cursor } from "./cursor.ts";
import { EhFrameError } from "./errors.ts";

/** Reads bytes of the image; less than asked for at its end. */
export type ReadBytes = (offset: number, bytes: number) => Uint8Array;

/** A part of the image that is loaded to be executed. Addresses are the file's own. */
export interface CodeSegment {
  readonly offset: number;
  readonly address: number;
  /** Bytes of it that come from the file. */
  readonly size: number;
}

export interface UnwindImage {
  readonly machine: number;
  readonly code: readonly CodeSegment[];
  /** `.eh_frame` and perhaps what is loaded behind it; absent where the image has none. */
  readonly frames: { readonly address: number; readonly bytes: DataView } | undefined;
}

/** e_machine. */
export const Machine = { x86_64: 62, aarch64: 183 } as const;

const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const PT_LOAD = 1;
const PT_GNU_EH_FRAME = 0x6474e550;
const PF_X = 1;
const MOST_SEGMENTS = 1024;
/** Chromium's and LLVM's have some 20 MB. */
const MOST_FRAME_BYTES = 64 << 20;

/**
 * Undefined for what is no ELF at all: processes execute memory of many kinds. Errors: EhFrameError for ELF
 * that is not of 64 bits and little-endian, or whose headers contradict themselves.
 */
export function readImage(read: ReadBytes): UnwindImage | undefined {
  const header = view(read(0, HEADER_BYTES));
  if (header.byteLength < HEADER_BYTES || header.getUint32(0) !== 0x7f454c46) return undefined;
  if (header.getUint8(4) !== 2 || header.getUint8(5) !== 1)
    throw new EhFrameError("not a 64-bit little-endian ELF image");
  const count = header.getUint16(56, true);
  if (count > MOST_SEGMENTS) throw new EhFrameError(`${count} program headers`);
  const headers = new Cursor(view(read(word(header, 32), count * SEGMENT_BYTES)), 0);
  const loaded: (CodeSegment & { readonly executable: boolean })[] = [];
  let index: CodeSegment | undefined;
  for (let i = 0; i < count; i++) {
    const type = headers.u32();
    const flags = headers.u32();
    const [offset, address] = [headers.u64(), headers.u64()];
    headers.skip(8);
    const size = headers.u64();
    headers.skip(16);
    const segment = { offset, address, size };
    if (type === PT_LOAD) loaded.push({ ...segment, executable: (flags & PF_X) !== 0 });
    if (type === PT_GNU_EH_FRAME) index = segment;
  }
  return {
    machine: header.getUint16(18, true),
    code: loaded.filter(({ executable }) => executable),
    frames: index && readFrames(read, index, loaded),
  };
}

function readFrames(read: ReadBytes, index: CodeSegment, loaded: readonly CodeSegment[]): UnwindImage["frames"] {
  const hdr = new Cursor(view(read(index.offset, Math.min(index.size, 64))), index.address);
  const version = hdr.u8();
  if (version !== 1) throw new EhFrameError(`version ${version} of .eh_frame_hdr`);
  const encoding = hdr.u8();
  hdr.skip(2);
  const address = hdr.pointer(encoding, index.address);
  const segment = loaded.find((s) => address >= s.address && address < s.address + s.size);
  if (segment === undefined) throw new EhFrameError(`.eh_frame at 0x${address.toString(16)} is not loaded`);
  const before = address - segment.address;
  const bytes = Math.min(segment.size - before, MOST_FRAME_BYTES);
  return { address, bytes: view(read(segment.offset + before, bytes)) };
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function word(header: DataView, at: number): number {
  return header.getUint32(at, true) + header.getUint32(at + 4, true) * 2 ** 32;
}
