/**
 * Statically defined probes of a program or library: SystemTap's notes, in section `.note.stapsdt`.
 *
 *     0 name size   4 desc size   8 type 3   12 "stapsdt\0"
 *     then           0 address of the probe (u64)   8 address of .stapsdt.base when it was linked   16 of its semaphore, or 0
 *                   24 provider, name, arguments: three texts, each ended by NUL
 *
 * Source: sourceware.org/systemtap/wiki/UserSpaceProbeImplementation.
 */
import { ElfFile } from "../../symbols/elf.ts";

/** One place of a probe; inlined code has several of one name. */
export interface UsdtNote {
  readonly provider: string;
  readonly name: string;
  /** As parseArguments reads them. */
  readonly arguments: string;
  /** Of the instruction, in the file. */
  readonly offset: number;
  /** Of the instruction in memory; absent if the file may be loaded anywhere. */
  readonly address?: number;
  /** In the file, of the counter that is raised while somebody listens; absent if there is none. */
  readonly semaphoreOffset?: number;
}

const NOTE_TYPE = 3;
const OWNER = "stapsdt\0";
const HEADER = 12;
const ADDRESSES = 24;

/** All probes of a file, in its order; empty if it has none. Errors: ElfError for what is no ELF file. */
export function usdtNotes(path: string): UsdtNote[] {
  using file = ElfFile.open(path);
  const section = file.section(".note.stapsdt");
  if (section === undefined) return [];
  const base = file.section(".stapsdt.base")?.address;
  const segments = file.segments();
  const inFile = (address: number): number | undefined => {
    const segment = segments.find((each) => address >= each.address && address < each.address + each.size);
    return segment && address - segment.address + segment.offset;
  };
  const notes: UsdtNote[] = [];
  for (const description of descriptions(section.bytes)) {
    const [linkedAddress, linkedBase, semaphore] = [0, 8, 16].map((at) =>
      Number(description.getBigUint64(at, true)),
    ) as [number, number, number];
    // A prelinked file was moved after the notes were written.
    const address = linkedAddress + (base === undefined ? 0 : base - linkedBase);
    const offset = inFile(address);
    if (offset === undefined) continue;
    const semaphoreOffset = semaphore === 0 ? undefined : inFile(semaphore);
    const [provider = "", name = "", text = ""] = texts(description);
    notes.push({
      provider,
      name,
      arguments: text,
      offset,
      ...(file.hasFixedAddresses && { address }),
      ...(semaphoreOffset !== undefined && { semaphoreOffset }),
    });
  }
  return notes;
}

function* descriptions(section: DataView): Generator<DataView> {
  const aligned = (size: number): number => (size + 3) & ~3;
  for (let at = 0; at + HEADER <= section.byteLength;) {
    const nameSize = section.getUint32(at, true);
    const size = section.getUint32(at + 4, true);
    const start = at + HEADER + aligned(nameSize);
    if (start + size > section.byteLength) return;
    const owner = Buffer.from(section.buffer, section.byteOffset + at + HEADER, nameSize).toString("latin1");
    if (section.getUint32(at + 8, true) === NOTE_TYPE && owner === OWNER && size >= ADDRESSES) {
      yield new DataView(section.buffer, section.byteOffset + start, size);
    }
    at = start + aligned(size);
  }
}

function texts(description: DataView): string[] {
  return Buffer.from(description.buffer, description.byteOffset + ADDRESSES, description.byteLength - ADDRESSES)
    .toString("utf8")
    .split("\0");
}
