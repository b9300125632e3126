/**
 * How long instructions of x86-64 are: as much of decoding as it takes to know where the next one begins.
 *
 *     ┌──────────┬───────────────────────────┬─────────┬─────┬──────────────┬───────────┐
 *     │ prefixes │ opcode                    │ ModRM   │ SIB │ displacement │ immediate │
 *     │ 0 ...    │ 1-3 bytes, or VEX or EVEX │ 0 or 1  │ 0-1 │ 0, 1, 4      │ 0-8       │
 *     └──────────┴───────────────────────────┴─────────┴─────┴──────────────┴───────────┘
 *
 * (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2 and appendix A.)
 */

/** No instruction is longer. */
const LONGEST = 15;

const LEGACY_PREFIXES: ReadonlySet<number> = new Set([
  0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
]);
/** Opcodes of one byte that are not of 64-bit mode. */
const INVALID: ReadonlySet<number> = new Set([
  0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0x82, 0x9a, 0xce, 0xd4, 0xd5, 0xd6,
  0xea,
]);
/** Opcodes behind 0f that have no ModRM. */
const BARE_0F = ranges(
  [0x05, 0x09],
  [0x0b, 0x0b],
  [0x0e, 0x0e],
  [0x30, 0x37],
  [0x77, 0x77],
  [0x80, 0x8f],
  [0xa0, 0xa2],
  [0xa8, 0xaa],
  [0xc8, 0xcf],
);
/** Opcodes behind 0f that have one byte of immediate. */
const BYTE_0F = ranges(
  [0x0f, 0x0f],
  [0x70, 0x73],
  [0xa4, 0xa4],
  [0xac, 0xac],
  [0xba, 0xba],
  [0xc2, 0xc2],
  [0xc4, 0xc6],
);
/** Opcodes of one byte that have a ModRM, from 0x40 on; below, it is those whose last three bits are under 4. */
const MODRM = ranges(
  [0x63, 0x63],
  [0x69, 0x69],
  [0x6b, 0x6b],
  [0x80, 0x8f],
  [0xc0, 0xc1],
  [0xc6, 0xc7],
  [0xd0, 0xd3],
  [0xd8, 0xdf],
  [0xf6, 0xf7],
  [0xfe, 0xff],
);
/** Opcodes of one byte with an immediate of one, and of two or four. */
const BYTE = ranges(
  [0x6a, 0x6b],
  [0x70, 0x7f],
  [0x80, 0x80],
  [0x83, 0x83],
  [0xa8, 0xa8],
  [0xb0, 0xb7],
  [0xc0, 0xc1],
  [0xc6, 0xc6],
  [0xcd, 0xcd],
  [0xe0, 0xe7],
  [0xeb, 0xeb],
);
const WORD = ranges([0x68, 0x69], [0x81, 0x81], [0xa9, 0xa9], [0xc7, 0xc7]);

/** Bytes of the instruction that begins at `at`; undefined where there is none, or more than is given. */
export function instructionLength(code: Uint8Array, at: number): number | undefined {
  const reader = new Reader(code, at);
  const length = reader.skip() ? reader.at - at : LONGEST + 1;
  return length <= LONGEST && at + length <= code.length ? length : undefined;
}

class Reader {
  readonly #code: Uint8Array;
  at: number;
  #narrow = false;
  #shortAddress = false;
  #wide = false;

  constructor(code: Uint8Array, at: number) {
    this.#code = code;
    this.at = at;
  }

  /** Whether there was an instruction, which is then behind. */
  skip(): boolean {
    let opcode = this.#next();
    for (; LEGACY_PREFIXES.has(opcode); opcode = this.#next()) {
      if (opcode === 0x66) this.#narrow = true;
      if (opcode === 0x67) this.#shortAddress = true;
    }
    if ((opcode & 0xf0) === 0x40) {
      this.#wide = (opcode & 8) !== 0;
      opcode = this.#next();
    }
    if (opcode === 0x0f) return this.#behind0f(this.#next());
    if (opcode === 0xc5) return this.#vector(this.#next() >= 0 ? 1 : 0);
    if (opcode === 0xc4) return this.#vector(this.#mapAndOne(0x1f));
    if (opcode === 0x62) {
      const map = this.#mapAndOne(0x07);
      this.at++;
      return this.#vector(map);
    }
    return this.#oneByte(opcode);
  }

  #next(): number {
    return this.#code[this.at++] ?? -1;
  }

  /** The number of the opcode's map; a further byte of the prefix is passed over. */
  #mapAndOne(mask: number): number {
    const map = this.#next() & mask;
    this.at++;
    return map;
  }

  #oneByte(opcode: number): boolean {
    if (opcode < 0 || INVALID.has(opcode)) return false;
    const low = opcode & 7;
    const arithmetic = opcode < 0x40;
    let extension = 0;
    if ((arithmetic && low < 4) || MODRM.has(opcode)) extension = this.#modrm();
    if ((arithmetic && low === 4) || BYTE.has(opcode)) this.at += 1;
    else if ((arithmetic && low === 5) || WORD.has(opcode)) this.at += this.#word();
    else if (opcode >= 0xb8 && opcode <= 0xbf) this.at += this.#wide ? 8 : this.#word();
    else if (opcode >= 0xa0 && opcode <= 0xa3) this.at += this.#shortAddress ? 4 : 8;
    else if (opcode === 0xc2 || opcode === 0xca) this.at += 2;
    else if (opcode === 0xc8) this.at += 3;
    else if (opcode === 0xe8 || opcode === 0xe9) this.at += 4;
    else if (opcode === 0xf6 && extension < 2) this.at += 1;
    else if (opcode === 0xf7 && extension < 2) this.at += this.#word();
    return true;
  }

  #behind0f(opcode: number): boolean {
    if (opcode < 0) return false;
    if (opcode === 0x38) this.at++;
    if (opcode === 0x3a) this.at++;
    if (!BARE_0F.has(opcode)) this.#modrm();
    if (opcode >= 0x80 && opcode <= 0x8f) this.at += 4;
    if (opcode === 0x3a || BYTE_0F.has(opcode)) this.at += 1;
    return true;
  }

  /** VEX and EVEX say the map in their prefix: 1 is 0f, 2 is 0f 38, 3 is 0f 3a. */
  #vector(map: number): boolean {
    const opcode = this.#next();
    if (opcode < 0 || map < 1 || map > 6) return false;
    if (map !== 1 || opcode !== 0x77) this.#modrm();
    if (map === 3 || (map === 1 && BYTE_0F.has(opcode))) this.at += 1;
    return true;
  }

  /** A ModRM and what belongs to it; gives its middle three bits, which some opcodes are told apart by. */
  #modrm(): number {
    const modrm = this.#next();
    const mod = modrm >> 6;
    const rm = modrm & 7;
    if (mod === 3) return (modrm >> 3) & 7;
    const base = rm === 4 ? this.#next() & 7 : rm;
    if (mod === 1) this.at += 1;
    else if (mod === 2 || base === 5) this.at += 4;
    return (modrm >> 3) & 7;
  }

  #word(): 2 | 4 {
    return this.#narrow && !this.#wide ? 2 : 4;
  }
}

function ranges(...list: readonly (readonly [from: number, to: number])[]): ReadonlySet<number> {
  return new Set(list.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)));
}
