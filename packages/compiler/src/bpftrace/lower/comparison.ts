/** Strings, tuples and arrays compared word by word, as far as it takes. */
import type { Block } from "../../ir/index.ts";
import type { Expr } from "../ast.ts";
import type { Handler } from "./handler.ts";
import { alignUp, fieldSize } from "./layout.ts";
import { hasPlace, place } from "./places.ts";
import { literalText } from "./text.ts";
import { temporaryOf } from "./values.ts";
import { prefixOf, wordsOf, type Words } from "./strings.ts";
import { cString, words, type Word } from "../../lowering/words.ts";

/** Goes to `equal` or to `different`; with `length`, only so many first characters count. */
export function testStrings(h: Handler, a: Expr, b: Expr, equal: Block, different: Block, length?: number): void {
  const textA = literalText(h, a);
  const textB = literalText(h, b);
  if (textA !== undefined && textB !== undefined) {
    h.builder.jump(textA.slice(0, length) === textB.slice(0, length) ? equal : different);
  } else if (textB !== undefined) {
    againstText(h, a, textB, equal, different, length);
  } else if (textA !== undefined) {
    againstText(h, b, textA, equal, different, length);
  } else {
    againstString(h, a, b, equal, different, length);
  }
}

function againstText(
  h: Handler,
  e: Expr,
  text: string,
  equal: Block,
  different: Block,
  length: number | undefined,
): void {
  const size = sizeOf(h, e);
  const whole = cString(text);
  // A string that fills its memory has no NUL; a longer text equals none that fits.
  if (whole.length - 1 > size && length === undefined) return h.builder.jump(different);
  const bytes = whole.subarray(0, Math.min(whole.length, size, length ?? size));
  const prefix = prefixOf(h, e, bytes.length);
  const load = prefix ?? readable(h, e);
  const room = prefix === undefined ? alignUp(size) : bytes.length;
  testWords(h, words(bytes, 8, room), different, equal, (word) => {
    const loaded = load(word.offset, word.size);
    const a = word.mask === undefined ? loaded : h.builder.binary("and", loaded, h.constant(word.mask));
    return { a, b: h.constant(word.value) };
  });
}

function againstString(h: Handler, a: Expr, b: Expr, equal: Block, different: Block, length: number | undefined): void {
  const [sizeA, sizeB] = [sizeOf(h, a), sizeOf(h, b)];
  const left = temporaryOf(h, a);
  const right = temporaryOf(h, b);
  // Both are zero after their ends, so whole words can be compared; the longer one must end where the shorter one's memory does.
  const common = Math.min(alignUp(sizeA), alignUp(sizeB), length ?? Infinity);
  const list = wholeWords(common).map((word) => firstBytes(word, common - word.offset));
  const longer = alignUp(sizeA) > alignUp(sizeB) ? left : right;
  if (alignUp(sizeA) !== alignUp(sizeB) && length === undefined)
    list.push({ offset: common, size: 1, value: 0n, mask: undefined });
  testWords(h, list, different, equal, ({ offset, size, mask }) => {
    if (offset === common) return { a: h.builder.load(longer.base, longer.offset + offset, size), b: h.constant(0) };
    const [x, y] = [left, right].map(({ base, offset: start }) => {
      const word = h.builder.load(base, start + offset, size);
      return mask === undefined ? word : h.builder.binary("and", word, h.constant(mask));
    }) as [ReturnType<Handler["constant"]>, ReturnType<Handler["constant"]>];
    return { a: x, b: y };
  });
}

/** Of a word only the first `bytes` bytes, which are its low ones, count. */
function firstBytes(word: Word, bytes: number): Word {
  return bytes >= word.size ? word : { ...word, mask: (1n << BigInt(bytes * 8)) - 1n };
}

/** Tuples and arrays: equal if all their bytes are. */
export function testMemory(h: Handler, a: Expr, b: Expr, equal: Block, different: Block): void {
  const left = temporaryOf(h, a);
  const right = temporaryOf(h, b);
  testWords(h, wholeWords(fieldSize(h.typeOf(a))), different, equal, ({ offset, size }) => ({
    a: h.builder.load(left.base, left.offset + offset, size),
    b: h.builder.load(right.base, right.offset + offset, size),
  }));
}

function wholeWords(bytes: number): Word[] {
  const list: Word[] = [];
  for (let offset = 0; offset < bytes; offset += 8) list.push({ offset, size: 8, value: 0n, mask: undefined });
  return list;
}

/** One branch for each word; the first that differs decides. */
function testWords(
  h: Handler,
  list: readonly Word[],
  different: Block,
  equal: Block,
  operands: (word: Word) => {
    readonly a: ReturnType<Handler["constant"]>;
    readonly b: ReturnType<Handler["constant"]>;
  },
): void {
  const { builder } = h;
  if (list.length === 0) return builder.jump(equal);
  for (const [index, word] of list.entries()) {
    const before = builder.current;
    const next = index === list.length - 1 ? equal : builder.block("same");
    builder.branch(
      { kind: "eq", ...operands(word), width: word.size === 4 && word.mask === undefined ? 32 : 64 },
      next,
      different,
    );
    if (next !== equal) h.enter(next, before);
  }
}

/** Where the string can be read by words, its end included. */
function readable(h: Handler, e: Expr): Words {
  const known = e.kind === "builtin" && e.name === "comm" ? h.comm : undefined;
  const direct = known === undefined && hasPlace(h, e) ? wordsOf(h, place(h, e)) : undefined;
  if (direct !== undefined) return direct;
  const { base, offset } = known ?? temporaryOf(h, e);
  return (at, size) => h.builder.load(base, offset + at, size);
}

function sizeOf(h: Handler, e: Expr): number {
  const type = h.typeOf(e);
  return type.kind === "string" ? type.size : 0;
}
