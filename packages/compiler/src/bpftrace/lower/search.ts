/** Functions on strings that look at their characters: strlen, strstr, strcontains, str_concat. */
import { SCALAR, type Inst } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import { cString } from "../../lowering/words.ts";
import type { Call, Expr, Span } from "../ast.ts";
import { callBack } from "./callbacks.ts";
import { scalar } from "./expressions.ts";
import type { Handler, Spot } from "./handler.ts";
import { alignUp, byteSize, fieldSize } from "./layout.ts";
import { readString, spotAddress } from "./memory.ts";
import { needleTooLong, notLowered, refuse } from "./messages.ts";
import { bytesAt } from "./naming.ts";
import { storeString } from "./strings.ts";
import { literalText } from "./text.ts";

/** strlen(text): what the kernel's own copying of strings answers, less the NUL. */
export function stringLength(h: Handler, e: Call): Inst {
  const [text] = e.args;
  if (text === undefined) return refuse(notLowered, e.span, "strlen() of nothing is");
  const literal = literalText(h, text);
  if (literal !== undefined) return h.constant(cString(literal).length - 1);
  return measured(h, text, e.span).length;
}

interface Measured {
  readonly spot: Spot;
  /** Characters, at most one less than the bytes of `spot`. */
  readonly length: Inst;
}

/** The string in scratch memory with its length. */
function measured(h: Handler, e: Expr, span: Span): Measured {
  const type = h.typeOf(e);
  const size = type.kind === "pointer" ? h.program.config.maxStrlen : byteSize(type) + (type.kind === "string" ? 0 : 1);
  const spot = inScratch(h, alignUp(size), span);
  if (type.kind === "pointer") return { spot, length: copyMeasured(h, scalar(h, e), type.space, spot, size) };
  if (type.kind === "array") {
    const from = bytesAt(h, e);
    return { spot, length: copyMeasured(h, spotAddress(h, from), from.space, spot, size) };
  }
  const whole = inScratch(h, fieldSize(type), span);
  storeString(h, e, size, whole, false);
  return { spot, length: copyMeasured(h, spotAddress(h, whole), "program", spot, size) };
}

function inScratch(h: Handler, bytes: number, span: Span): Spot {
  return { base: h.scratch(), offset: h.reserveScratch(bytes, span) };
}

/** Copies a string of less than `size` characters; their number, 0 where nothing could be read. */
function copyMeasured(h: Handler, from: Inst, space: "kernel" | "user" | "program", to: Spot, size: number): Inst {
  const { builder } = h;
  const copied = readString(h, from, space === "program" ? "kernel" : space, to, h.constant(size));
  const length = builder.variable("length");
  builder.write(length, builder.binary("sub", copied, h.constant(1)));
  // Errors are negative, which as unsigned is more than any length.
  h.when({ kind: "ugt", a: builder.read(length), b: h.constant(size - 1) }, () => builder.write(length, h.constant(0)));
  return builder.read(length);
}

/** str_concat(a, b), cut to `size` bytes. */
export function storeConcat(h: Handler, e: Call, size: number, spot: Spot, exact: boolean): void {
  const { builder } = h;
  const [first, second] = e.args;
  if (first === undefined || second === undefined) return refuse(notLowered, e.span, "this str_concat() is");
  const [a, b] = [first, second].map((side) => byteSize(h.typeOf(side))) as [number, number];
  const whole = inScratch(h, alignUp(a + b), e.span);
  builder.zero(whole.base, whole.offset, alignUp(a + b));
  const texts = [first, second].map((side, index) => {
    const text = inScratch(h, alignUp(index === 0 ? a : b), e.span);
    storeString(h, side, index === 0 ? a : b, text, false);
    return text;
  }) as [Spot, Spot];
  const length = copyMeasured(h, spotAddress(h, texts[0]), "program", whole, a);
  const end = builder.binary("add", spotAddress(h, whole), length);
  readString(h, spotAddress(h, texts[1]), "kernel", { base: end, offset: 0 }, h.constant(b));
  builder.store(whole.base, whole.offset + size - 1, 1, h.constant(0));
  const room = exact ? alignUp(size) : size;
  builder.copy(spot.base, spot.offset, whole.base, whole.offset, Math.min(room, alignUp(a + b)), exact ? 8 : 1);
}

/** Two loops within each other, so many turns, are what the verifier can follow. */
const MOST_TURNS = 1024;
/** Bytes of a needle that only the kernel knows, where bpf_loop is there. */
const LONGEST_UNKNOWN = 256;
const WORD = 8;
/** Characters of a needle that is known when compiling: as many registers of eight as it takes. */
const LONGEST_NEEDLE = 32;

/** strstr(haystack, needle): the index, or -1. */
export function findString(h: Handler, e: Call): Inst {
  const [haystack, needle] = e.args;
  if (haystack === undefined || needle === undefined) return refuse(notLowered, e.span, "this search is");
  const text = literalText(h, needle);
  const where = literalText(h, haystack);
  if (text !== undefined && where !== undefined) return h.constant(where.indexOf(text));
  if (text === "") return h.constant(0);
  const size = byteSize(h.typeOf(haystack));
  const spot = inScratch(h, alignUp(size), e.span);
  storeString(h, haystack, size, spot, true);
  const bytes = text === undefined ? undefined : cString(text).slice(0, -1);
  if (bytes !== undefined && bytes.length <= LONGEST_NEEDLE) return rolling(h, spot, size, bytes);
  return nested(h, e, spot, size, needle);
}

/**
 * Searches a needle known when compiling in one pass: the last characters seen are kept in registers, eight
 * in each, the latest lowest, and compared with the needle's own after each character.
 */
function rolling(h: Handler, haystack: Spot, size: number, needle: Uint8Array): Inst {
  const { builder } = h;
  const parts = Math.ceil(needle.length / WORD);
  const wanted = Array.from({ length: parts }, (_, part) => windowOf(needle, part));
  const windows = wanted.map((_, part) => builder.variable(`window${part}`));
  for (const window of windows) builder.write(window, h.constant(0));
  return search(h, size, (index, found, next, missing) => {
    const character = builder.load(builder.binary("add", spotAddress(h, haystack), index), 0, 1);
    const before = builder.current;
    const seen = builder.block("character");
    builder.branch({ kind: "eq", a: character, b: h.constant(0) }, missing, seen, false);
    h.enter(seen, before);
    let carried = character;
    for (const window of windows) {
      const old = builder.read(window);
      builder.write(window, builder.binary("or", builder.binary("shl", old, h.constant(8)), carried));
      carried = builder.binary("lshr", old, h.constant(56));
    }
    // One branch a character: the verifier would follow each way on through all that come after.
    let differs: Inst | undefined;
    for (const [part, { value, mask }] of wanted.entries()) {
      const difference = builder.binary("xor", builder.read(windows[part]!), h.constant(value));
      const counted = mask === ALL ? difference : builder.binary("and", difference, h.constant(mask));
      differs = differs === undefined ? counted : builder.binary("or", differs, counted);
    }
    builder.branch({ kind: "eq", a: differs!, b: h.constant(0) }, found, next, false);
    return needle.length - 1;
  });
}

const ALL = (1n << 64n) - 1n;

/** What a register holds when the needle was just seen: its characters `part * 8` to the next from the end, the last lowest. */
function windowOf(needle: Uint8Array, part: number): { readonly value: bigint; readonly mask: bigint } {
  let value = 0n;
  let mask = 0n;
  for (let i = 0; i < WORD; i++) {
    const byte = needle[needle.length - 1 - part * WORD - i];
    if (byte === undefined) break;
    value |= BigInt(byte) << BigInt(8 * i);
    mask |= 0xffn << BigInt(8 * i);
  }
  return { value, mask };
}

type Blocks = ReturnType<Handler["builder"]["block"]>;

/** A loop over the indices of a string of `size` bytes: `step` goes on to one of the blocks and says how far behind the index a find begins. */
function search(
  h: Handler,
  size: number,
  step: (index: Inst, found: Blocks, next: Blocks, missing: Blocks) => number,
): Inst {
  const { builder } = h;
  const result = builder.variable("found");
  const counter = builder.variable("index");
  const [head, inside, next, found, missing, exit] = ["search", "at", "next", "found", "missing", "searched"].map(
    (name) => builder.block(name),
  ) as [Blocks, Blocks, Blocks, Blocks, Blocks, Blocks];
  const before = builder.current;
  builder.write(counter, h.constant(0));
  builder.jump(head);
  h.enterUnsealed(head, before);
  builder.branch({ kind: "ult", a: builder.read(counter), b: h.constant(size) }, inside, missing);
  h.enter(inside, head);
  const behind = step(builder.read(counter), found, next, missing);
  h.enter(next, head);
  builder.write(counter, builder.binary("add", builder.read(counter), h.constant(1)));
  builder.jump(head);
  builder.seal(head);
  h.enter(found, head);
  builder.write(result, builder.binary("sub", builder.read(counter), h.constant(behind)));
  builder.jump(exit);
  h.enter(missing, head);
  builder.write(result, h.constant(-1));
  builder.jump(exit);
  h.enter(exit, head);
  return builder.read(result);
}

/** What both ways of searching for a needle that only the kernel knows start from. */
interface Unknown {
  readonly haystack: Spot;
  readonly size: number;
  readonly needle: Spot;
  readonly length: number;
}

/** Searches a needle that only the kernel knows: at each index as far as it agrees. */
function nested(h: Handler, e: Call, haystack: Spot, size: number, expr: Expr): Inst {
  const length = byteSize(h.typeOf(expr));
  const needle = inScratch(h, alignUp(length), e.span);
  storeString(h, expr, length, needle, true);
  const strings = { haystack, size, needle, length };
  if (h.object.target.features.loop === true && length <= LONGEST_UNKNOWN) return calledBack(h, e.span, strings);
  if (size * length > MOST_TURNS) return refuse(needleTooLong, e.span, size, length, MOST_TURNS);
  return search(h, size, (index, found, next, missing) => {
    compareAt(h, strings, index, found, next, missing);
    return 0;
  });
}

/** The kernel calls back for each index, so that the verifier looks at one only. */
function calledBack(h: Handler, span: Span, strings: Unknown): Inst {
  const { builder } = h;
  const name = "index of the needle";
  builder.write(h.variable(name), h.constant(-1));
  callBack(h, {
    params: [SCALAR],
    uses: [],
    shares: [name],
    span,
    turn: (turn) => {
      const index = turn.builder.param(0);
      const { next, exit } = turn.loops.at(-1)!;
      const base = turn.scratch();
      const within = (spot: Spot): Spot => ({ base, offset: spot.offset });
      const here = turn.builder.current;
      const found = turn.builder.block("found");
      const placed = { ...strings, haystack: within(strings.haystack), needle: within(strings.needle) };
      compareAt(turn, placed, index, found, next, exit);
      turn.enter(found, here);
      turn.builder.write(turn.variable(name), index);
      turn.builder.jump(exit);
    },
    call: (func, record) => builder.call(Helper.loop, [h.constant(strings.size), func, record, h.constant(0)]),
  });
  return builder.read(h.variable(name));
}

/** Ends the block: whether the needle stands at `index`, does not, or the haystack ends before it could. */
function compareAt(h: Handler, strings: Unknown, index: Inst, found: Blocks, next: Blocks, missing: Blocks): void {
  const { builder } = h;
  const { haystack, size, needle, length } = strings;
  const position = builder.variable("position");
  const outer = builder.current;
  const [head, inside, compare, within, differs, advance] = [
    "needle",
    "within",
    "compare",
    "haystack",
    "differs",
    "advance",
  ].map((name) => builder.block(name)) as [Blocks, Blocks, Blocks, Blocks, Blocks, Blocks];
  builder.write(position, h.constant(0));
  builder.jump(head);
  h.enterUnsealed(head, outer);
  // A needle that fills its memory has no NUL.
  const limit = Math.min(length, size);
  builder.branch({ kind: "ult", a: builder.read(position), b: h.constant(limit) }, inside, found);
  h.enter(inside, head);
  const wanted = builder.load(builder.binary("add", spotAddress(h, needle), builder.read(position)), 0, 1);
  builder.branch({ kind: "eq", a: wanted, b: h.constant(0) }, found, compare, false);
  h.enter(compare, inside);
  const at = builder.binary("add", index, builder.read(position));
  builder.branch({ kind: "ult", a: at, b: h.constant(size) }, within, missing);
  h.enter(within, compare);
  const there = builder.load(builder.binary("add", spotAddress(h, haystack), at), 0, 1);
  builder.branch({ kind: "eq", a: there, b: wanted }, advance, differs);
  h.enter(differs, within);
  builder.branch({ kind: "eq", a: there, b: h.constant(0) }, missing, next, false);
  h.enter(advance, within);
  builder.write(position, builder.binary("add", builder.read(position), h.constant(1)));
  builder.jump(head);
  builder.seal(head);
}
