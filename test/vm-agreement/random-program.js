// Random programs that the verifier accepts: all arithmetic, memory, atomics, branches, short loops and subprograms,
// on values that it cannot know, because they come out of a map. At the end every register and the stack go back into it.
import * as asm from "@sonde/bpf/asm";

/** @typedef {import("@sonde/bpf/asm").Instruction} Instruction */
/** @typedef {import("./random.js").Random} Random */

/**
 * The only value of the map "data", an array:
 *
 *       0 ten inputs (u64)    80 scratch (80 bytes)   160 R0 to R8 at the end   232 the stack's three words
 */
export const VALUE_BYTES = 256;
export const INPUTS = 10;
const SCRATCH = { start: 8 * INPUTS, bytes: 80 };
const OUTPUTS = 160;
const STACK_OUTPUTS = 232;
const STACK_WORDS = 3;

/** Holds the address of the map's value throughout. */
const VALUE = 9;
/** Counts loops; free for all outside of them. */
const COUNTER = 8;

const binary = /** @type {const} */ ([
  "ADD",
  "SUB",
  "MUL",
  "DIV",
  "OR",
  "AND",
  "LSH",
  "RSH",
  "MOD",
  "XOR",
  "MOV",
  "ARSH",
]);
const comparisons = /** @type {const} */ ([
  "JEQ",
  "JGT",
  "JGE",
  "JSET",
  "JNE",
  "JSGT",
  "JSGE",
  "JLT",
  "JLE",
  "JSLT",
  "JSLE",
]);
const atomics = /** @type {const} */ ([
  "ADD",
  "OR",
  "AND",
  "XOR",
  "FETCH_ADD",
  "FETCH_OR",
  "FETCH_AND",
  "FETCH_XOR",
  "XCHG",
  "CMPXCHG",
]);
const sizes = /** @type {const} */ ([1, 2, 4, 8]);

/**
 * @typedef {object} Abilities what the kernel's verifier and JIT have beyond 5.12
 * @property {boolean} v4 the fourth version of the instruction set (6.6)
 * @property {boolean} mayGoto 6.9
 * @property {boolean} acquire load-acquire and store-release (6.15)
 */

/** @param {Random} random @param {Abilities} abilities @returns {Instruction[]} */
export function randomProgram(random, abilities) {
  return new Generator(random, abilities).program();
}

class Generator {
  #random;
  #abilities;
  /** @type {Instruction[]} */
  #code = [];
  #labels = 0;
  /** @type {string | undefined} the label that the next instruction gets */
  #pending;
  /** Registers that random instructions may change. */
  #registers = [0, 1, 2, 3, 4, 5, 6, 7, COUNTER];
  #subprograms = 0;

  /** @param {Random} random @param {Abilities} abilities */
  constructor(random, abilities) {
    this.#random = random;
    this.#abilities = abilities;
  }

  program() {
    const random = this.#random;
    this.#label("main");
    this.#emit(asm.loadMapValue(VALUE, "data", 0));
    this.#reload(0, COUNTER);
    for (let word = 1; word <= STACK_WORDS; word++) this.#emit(asm.store(8, asm.R10, -8 * word, word));
    const count = 4 + random.below(28);
    for (let index = 0; index < count; index++) this.#statement(0);
    for (let register = 0; register <= COUNTER; register++)
      this.#emit(asm.store(8, VALUE, OUTPUTS + 8 * register, register));
    for (let word = 0; word < STACK_WORDS; word++) {
      this.#emit(asm.load(8, 1, asm.R10, -8 * (word + 1)), asm.store(8, VALUE, STACK_OUTPUTS + 8 * word, 1));
    }
    this.#emit(asm.exit());
    for (let index = 0; index < this.#subprograms; index++) this.#subprogram(index);
    return this.#code;
  }

  /** Arguments in R1 to R5, all scalars. @param {number} index */
  #subprogram(index) {
    this.#label(`sub${index}`);
    this.#registers = [0, 1, 2, 3, 4, 5];
    this.#emit(asm.mov64(0, 1));
    const count = 1 + this.#random.below(8);
    for (let at = 0; at < count; at++) this.#arithmetic();
    this.#emit(asm.exit());
  }

  /** @param {number} depth of branches and loops around it */
  #statement(depth) {
    const random = this.#random;
    switch (random.below(12)) {
      case 0:
        return this.#load();
      case 1:
        return this.#store();
      case 2:
        return this.#atomic();
      case 3:
        return this.#stack();
      case 4:
        return depth < 3 ? this.#branch(depth) : this.#arithmetic();
      case 5:
        return depth === 0 && random.oneIn(3) ? this.#loop() : this.#arithmetic();
      case 6:
        return this.#subprograms < 2 ? this.#call() : this.#arithmetic();
      default:
        return this.#arithmetic();
    }
  }

  #arithmetic() {
    const random = this.#random;
    const { v4 } = this.#abilities;
    const width = random.pick(/** @type {const} */ ([32, 64]));
    const [dst, src] = [this.#register(), this.#register()];
    switch (random.below(v4 ? 14 : 10)) {
      case 0:
        return this.#emit(asm.negate(width, dst));
      case 1:
        return this.#emit(asm.byteSwap(random.pick(["be", "le"]), dst, random.pick([16, 32, 64])));
      case 2:
        return this.#emit(asm.loadImm64(dst, random.word()));
      case 10: {
        const bits = random.pick(/** @type {const} */ ([8, 16, 32]));
        return this.#emit(asm.movSignExtend(bits === 32 ? 64 : width, dst, src, bits));
      }
      case 11:
        return this.#emit({
          ...asm.byteSwap("le", dst, random.pick([16, 32, 64])),
          opcode: asm.Class.ALU64 | asm.AluOp.END,
        });
      case 12:
        return this.#emit(asm.signedAlu(random.pick(["DIV", "MOD"]), width, dst, src));
      case 13: {
        const op = random.pick(/** @type {const} */ (["DIV", "MOD"]));
        return this.#emit({ ...asm.aluImm(op, width, dst, random.immediate() || 1), offset: 1 });
      }
      default: {
        const op = random.pick(binary);
        if (random.oneIn(2)) return this.#emit(asm.alu(op, width, dst, src));
        return this.#emit(asm.aluImm(op, width, dst, this.#operand(op, width)));
      }
    }
  }

  /** The verifier refuses shifts beyond the width and division by zero where it sees them. @param {string} op @param {number} width */
  #operand(op, width) {
    if (op === "LSH" || op === "RSH" || op === "ARSH") return this.#random.below(width);
    const immediate = this.#random.immediate();
    return op === "DIV" || op === "MOD" ? immediate || 3 : immediate;
  }

  #load() {
    const random = this.#random;
    const size = random.pick(sizes);
    const dst = this.#register();
    if (this.#abilities.acquire && random.oneIn(6)) {
      return this.#emit({
        ...asm.atomic("LOAD_ACQ", 8, dst, this.#scratch(size, true), VALUE),
        opcode: asm.Class.STX | asm.Mode.ATOMIC | asm.sizeBits(size),
      });
    }
    if (this.#abilities.v4 && size !== 8 && random.oneIn(2)) {
      return this.#emit(asm.loadSignExtend(size, dst, VALUE, this.#scratch(size)));
    }
    return this.#emit(asm.load(size, dst, VALUE, this.#scratch(size)));
  }

  #store() {
    const random = this.#random;
    const size = random.pick(sizes);
    if (this.#abilities.acquire && random.oneIn(6)) {
      return this.#emit({
        ...asm.atomic("STORE_REL", 8, VALUE, this.#scratch(size, true), this.#register()),
        opcode: asm.Class.STX | asm.Mode.ATOMIC | asm.sizeBits(size),
      });
    }
    if (random.oneIn(3)) return this.#emit(asm.storeImm(size, VALUE, this.#scratch(size), random.immediate()));
    return this.#emit(asm.store(size, VALUE, this.#scratch(size), this.#register()));
  }

  #atomic() {
    const random = this.#random;
    const size = random.pick(/** @type {const} */ ([4, 8]));
    const onStack = random.oneIn(4);
    const offset = onStack ? this.#stackOffset(size) : this.#scratch(size, true);
    const op = random.pick(atomics);
    this.#emit(asm.atomic(op, size, onStack ? asm.R10 : VALUE, offset, this.#register()));
    // Linux 6.18 forgets to clear the upper half of R0 where this path joins one that was verified before
    // (tried on x86-64 with 6.18.44: an `if` with this in one arm, R0 stored after it).
    if (op === "CMPXCHG" && size === 4) this.#emit(asm.mov32(0, 0));
  }

  #stack() {
    const random = this.#random;
    const size = random.pick(sizes);
    const offset = this.#stackOffset(size);
    switch (random.below(3)) {
      case 0:
        return this.#emit(asm.store(size, asm.R10, offset, this.#register()));
      case 1:
        return this.#emit(asm.storeImm(size, asm.R10, offset, random.immediate()));
      default:
        return this.#emit(asm.load(size, this.#register(), asm.R10, offset));
    }
  }

  /** `if`, with or without `else`. @param {number} depth */
  #branch(depth) {
    const random = this.#random;
    const [otherwise, after] = [this.#newLabel(), this.#newLabel()];
    this.#emit(this.#condition(otherwise));
    this.#statements(depth);
    if (random.oneIn(2)) {
      this.#emit(this.#goto(after));
      this.#label(otherwise);
      this.#statements(depth);
    } else {
      this.#label(otherwise);
      this.#emit(asm.mov64(this.#register(), this.#register()));
    }
    if (this.#abilities.mayGoto && random.oneIn(8)) {
      this.#emit({ ...asm.jump(after), opcode: asm.Class.JMP | asm.JumpOp.JCOND });
      this.#arithmetic();
    }
    this.#label(after);
    this.#arithmetic();
  }

  /** @param {string} label */
  #condition(label) {
    const random = this.#random;
    const width = random.pick(/** @type {const} */ ([32, 64]));
    const [op, dst] = [random.pick(comparisons), this.#register()];
    if (random.oneIn(2)) return asm.jumpIf(op, width, dst, this.#register(), label);
    return asm.jumpIfImm(op, width, dst, random.immediate(), label);
  }

  /** @param {string} label */
  #goto(label) {
    if (!this.#abilities.v4 || this.#random.oneIn(2)) return asm.jump(label);
    return { ...asm.jump(label), opcode: asm.Class.JMP32 | asm.JumpOp.JA };
  }

  /** @param {number} depth */
  #statements(depth) {
    const count = 1 + this.#random.below(4);
    for (let index = 0; index < count; index++) this.#statement(depth + 1);
  }

  /** Twice to four times round. */
  #loop() {
    const head = this.#newLabel();
    this.#emit(asm.mov64Imm(COUNTER, 0));
    this.#label(head);
    this.#registers = this.#registers.filter((register) => register !== COUNTER);
    this.#emit(asm.alu64Imm("ADD", COUNTER, 1));
    this.#statements(1);
    this.#registers = [...this.#registers, COUNTER];
    this.#emit(asm.jumpIfImm("JLT", 64, COUNTER, 2 + this.#random.below(3), head));
  }

  #call() {
    this.#emit(asm.callSubprogram(`sub${this.#subprograms++}`));
    this.#reload(1, 5);
  }

  /** @param {number} first @param {number} last registers that get inputs */
  #reload(first, last) {
    for (let register = first; register <= last; register++) {
      this.#emit(asm.load(8, register, VALUE, 8 * this.#random.below(INPUTS)));
    }
  }

  #register() {
    return this.#random.pick(this.#registers);
  }

  /** @param {number} size @param {boolean} [aligned] atomics must be */
  #scratch(size, aligned = false) {
    const unit = aligned || this.#random.oneIn(2) ? size : 1;
    return SCRATCH.start + unit * this.#random.below(Math.floor((SCRATCH.bytes - size) / unit) + 1);
  }

  /** @param {number} size */
  #stackOffset(size) {
    return -8 * STACK_WORDS + size * this.#random.below((8 * STACK_WORDS) / size);
  }

  #newLabel() {
    return `L${this.#labels++}`;
  }

  /** @param {string} label */
  #label(label) {
    // Two labels in one place: something has to stand between them.
    if (this.#pending !== undefined) this.#emit(asm.mov64(this.#register(), this.#register()));
    this.#pending = label;
  }

  /** @param {Instruction[]} instructions */
  #emit(...instructions) {
    for (const instruction of instructions) {
      this.#code.push(this.#pending === undefined ? instruction : asm.withLabel(instruction, this.#pending));
      this.#pending = undefined;
    }
  }
}
