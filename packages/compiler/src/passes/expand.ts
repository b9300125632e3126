/**
 * Expands what the machine has no instruction for: signed division (BPF has it from 6.6 only), and
 * filling and copying of memory, which become the widest stores and loads that alignment allows.
 */
import type { AccessSize, Binary, Copy, Func, Inst, Zero } from "../ir/ir.ts";
import { replaceInstructions } from "./editor.ts";
import type { Editor } from "./editor.ts";

/** Whether anything was expanded. */
export function expand(func: Func): boolean {
  return replaceInstructions(func, (editor, inst) => {
    switch (inst.op) {
      case "zero":
        return expandZero(editor, inst);
      case "copy":
        return expandCopy(editor, inst);
      case "binary":
        return inst.kind === "sdiv" || inst.kind === "smod" ? expandDivision(editor, inst) : undefined;
      default:
        return undefined;
    }
  });
}

/** Nobody uses what fills memory as a value: this stands in its place. */
function nothing(editor: Editor): Inst {
  return editor.constant(0);
}

function expandZero(editor: Editor, { base, offset, bytes }: Zero): Inst {
  const zero = editor.constant(0);
  for (let done = 0; done < bytes;) {
    const size = widest(offset + done, bytes - done, 8);
    editor.store(base, offset + done, size, zero);
    done += size;
  }
  return nothing(editor);
}

function expandCopy(editor: Editor, { to, toOffset, from, fromOffset, bytes, align }: Copy): Inst {
  for (let done = 0; done < bytes;) {
    const size = widest((toOffset + done) | (fromOffset + done), bytes - done, align);
    editor.store(to, toOffset + done, size, editor.load(from, fromOffset + done, size));
    done += size;
  }
  return nothing(editor);
}

/** The widest access at this place, whose base is aligned as far as anyone asks. */
function widest(place: number, left: number, align: number): AccessSize {
  for (const size of [8, 4, 2] as const) if (size <= align && size <= left && place % size === 0) return size;
  return 1;
}

/**
 * Divides magnitudes and gives the sign back: with s = x >> 63 (all ones if negative), (x ^ s) - s
 * is |x|, and the same again negates. A quotient is negative if the signs differ, a remainder if the
 * dividend is. Division by zero keeps BPF's answers: 0, and the dividend.
 */
function expandDivision(editor: Editor, { kind, width, a, b }: Binary): Inst {
  const dividend = width === 32 ? editor.extend(a, 32, true) : a;
  const divisor = width === 32 ? editor.extend(b, 32, true) : b;
  const dividendSign = sign(editor, dividend);
  const divisorSign = sign(editor, divisor);
  const magnitude = editor.binary(
    kind === "sdiv" ? "udiv" : "umod",
    flip(editor, dividend, dividendSign),
    flip(editor, divisor, divisorSign),
  );
  const result = flip(
    editor,
    magnitude,
    kind === "sdiv" ? editor.binary("xor", dividendSign, divisorSign) : dividendSign,
  );
  return width === 32 ? editor.extend(result, 32, false) : result;
}

function sign(editor: Editor, value: Inst): Inst {
  return editor.binary("ashr", value, editor.constant(63));
}

/** -value where sign is all ones, value where it is zero. */
function flip(editor: Editor, value: Inst, sign: Inst): Inst {
  return editor.binary("sub", editor.binary("xor", value, sign), sign);
}
