/**
 * Executes call frame instructions (DWARF 5, section 6.4.2): a little program that tells, address by
 * address, how the frame is left. Only what rules can hold is kept, see rules.ts.
 */
import { Cursor } from "./cursor.ts";
import type { CommonEntry, FunctionEntry, Span } from "./entries.ts";
import { EhFrameError } from "./errors.ts";
import { readExpression, type Expression } from "./expressions.ts";
import { encodeRule, Rule, SavedBp, SIGNAL_CONTEXT } from "./rules.ts";

/** DWARF's numbers of x86-64's registers. */
const BP = 6;
const SP = 7;
const RETURN_ADDRESS = 16;

/** DW_CFA_*: in the high two bits with an operand in the low six, or a whole byte. */
const Op = {
  advance: 0x40,
  offset: 0x80,
  restore: 0xc0,
  nop: 0x00,
  setLocation: 0x01,
  advance1: 0x02,
  advance2: 0x03,
  advance4: 0x04,
  offsetExtended: 0x05,
  restoreExtended: 0x06,
  undefined: 0x07,
  sameValue: 0x08,
  register: 0x09,
  remember: 0x0a,
  recall: 0x0b,
  defineCfa: 0x0c,
  defineCfaRegister: 0x0d,
  defineCfaOffset: 0x0e,
  defineCfaExpression: 0x0f,
  expression: 0x10,
  offsetExtendedSigned: 0x11,
  defineCfaSigned: 0x12,
  defineCfaOffsetSigned: 0x13,
  valueOffset: 0x14,
  valueOffsetSigned: 0x15,
  valueExpression: 0x16,
  gnuWindowSave: 0x2d,
  gnuArgumentsSize: 0x2e,
  gnuNegativeOffset: 0x2f,
} as const;

/** No compiler nests these deeper than two. */
const MOST_REMEMBERED = 64;

/** Where a register's value of the caller is. */
type Place =
  | { readonly kind: "same" | "undefined" | "other" }
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "expression"; readonly expression: Expression };

const SAME: Place = { kind: "same" };

interface State {
  readonly register: number;
  readonly offset: number;
  /** In place of register and offset. */
  readonly expression: Expression | undefined;
  readonly bp: Place;
  readonly returnAddress: Place;
}

/** Written out: there are half a million of them in a large program, and copying by spreading takes most of the time. */
function stateOf(
  register: number,
  offset: number,
  expression: Expression | undefined,
  bp: Place,
  returnAddress: Place,
): State {
  return { register, offset, expression, bp, returnAddress };
}

const START: State = { register: SP, offset: 0, expression: undefined, bp: SAME, returnAddress: SAME };

/** Called for each address from which another rule holds, ascending. */
export type RowVisitor = (address: number, rule: bigint) => void;

/** Executes a section's functions; what those of one common entry begin with is executed once. */
export class Executor {
  readonly #section: { readonly address: number; readonly bytes: DataView };
  readonly #initial = new Map<CommonEntry, State>();

  constructor(section: { readonly address: number; readonly bytes: DataView }) {
    this.#section = section;
  }

  /** The rows of a function. Errors: EhFrameError for instructions that cannot be read. */
  rows(entry: FunctionEntry, visit: RowVisitor): void {
    const { common } = entry;
    let initial = this.#initial.get(common);
    if (initial === undefined) {
      initial = this.#run(common.instructions, common, START, START, entry.start, undefined);
      this.#initial.set(common, initial);
    }
    let from = entry.start;
    const state = this.#run(entry.instructions, common, initial, initial, entry.start, (until, before) => {
      if (until <= from || from >= entry.end) return;
      visit(from, ruleOf(before, common));
      from = until;
    });
    if (from < entry.end) visit(from, ruleOf(state, common));
  }

  /** Runs instructions from a state; `advanced` gets each state with the address up to which it holds. */
  #run(
    span: Span,
    common: CommonEntry,
    start: State,
    initial: State,
    address: number,
    advanced: ((until: number, state: State) => void) | undefined,
  ): State {
    const code = new Cursor(this.#section.bytes, this.#section.address, span.start, span.end);
    const remembered: State[] = [];
    let state = start;
    let location = address;
    const advance = (units: number): void => {
      location += units * common.codeFactor;
      advanced?.(location, state);
    };
    const place = (register: number, where: Place): void => {
      const { register: base, offset, expression } = state;
      if (register === BP) state = stateOf(base, offset, expression, where, state.returnAddress);
      else if (register === common.returnAddress) state = stateOf(base, offset, expression, state.bp, where);
    };
    const saved = (register: number, offset: number): void =>
      place(register, { kind: "offset", offset: offset * common.dataFactor });
    const restore = (register: number): void => place(register, register === BP ? initial.bp : initial.returnAddress);
    const defineCfa = (register: number, offset: number): void => {
      state = stateOf(register, offset, undefined, state.bp, state.returnAddress);
    };
    while (!code.done) {
      const byte = code.u8();
      const operand = byte & 0x3f;
      switch (byte & 0xc0) {
        case Op.advance:
          advance(operand);
          continue;
        case Op.offset:
          saved(operand, code.uleb());
          continue;
        case Op.restore:
          restore(operand);
          continue;
      }
      switch (byte) {
        case Op.nop:
          break;
        case Op.setLocation:
          location = code.pointer(common.encoding);
          advanced?.(location, state);
          break;
        case Op.advance1:
          advance(code.u8());
          break;
        case Op.advance2:
          advance(code.u16());
          break;
        case Op.advance4:
          advance(code.u32());
          break;
        case Op.offsetExtended:
          saved(code.uleb(), code.uleb());
          break;
        case Op.offsetExtendedSigned:
          saved(code.uleb(), code.sleb());
          break;
        case Op.gnuNegativeOffset:
          saved(code.uleb(), -code.uleb());
          break;
        case Op.restoreExtended:
          restore(code.uleb());
          break;
        case Op.undefined:
          place(code.uleb(), { kind: "undefined" });
          break;
        case Op.sameValue:
          place(code.uleb(), SAME);
          break;
        case Op.register:
        case Op.valueOffset:
          place(code.uleb(), { kind: "other" });
          code.uleb();
          break;
        case Op.valueOffsetSigned:
          place(code.uleb(), { kind: "other" });
          code.sleb();
          break;
        case Op.remember:
          if (remembered.length === MOST_REMEMBERED)
            throw new EhFrameError(`more than ${MOST_REMEMBERED} states to remember`);
          remembered.push(state);
          break;
        case Op.recall:
          state = remembered.pop() ?? missing(code);
          break;
        case Op.defineCfa:
          defineCfa(code.uleb(), code.uleb());
          break;
        case Op.defineCfaSigned:
          defineCfa(code.uleb(), code.sleb() * common.dataFactor);
          break;
        case Op.defineCfaRegister:
          defineCfa(code.uleb(), state.offset);
          break;
        case Op.defineCfaOffset:
          defineCfa(state.register, code.uleb());
          break;
        case Op.defineCfaOffsetSigned:
          defineCfa(state.register, code.sleb() * common.dataFactor);
          break;
        case Op.defineCfaExpression:
          state = stateOf(
            state.register,
            state.offset,
            readExpression(code.take(code.uleb())),
            state.bp,
            state.returnAddress,
          );
          break;
        case Op.expression:
          place(code.uleb(), { kind: "expression", expression: readExpression(code.take(code.uleb())) });
          break;
        case Op.valueExpression:
          place(code.uleb(), { kind: "other" });
          code.skip(code.uleb());
          break;
        case Op.gnuWindowSave:
          break;
        case Op.gnuArgumentsSize:
          code.uleb();
          break;
        default:
          throw new EhFrameError(`call frame instruction 0x${byte.toString(16)} at byte ${code.at - 1} is not known`);
      }
    }
    return state;
  }
}

function missing(code: Cursor): never {
  throw new EhFrameError(`the state restored at byte ${code.at - 1} was never remembered`);
}

const UNSUPPORTED = encodeRule(Rule.unsupported);

/** A state as a rule. */
export function ruleOf(state: State, common: CommonEntry): bigint {
  const { returnAddress, expression } = state;
  if (returnAddress.kind === "undefined") return encodeRule(Rule.end);
  if (common.returnAddress !== RETURN_ADDRESS) return UNSUPPORTED;
  if (common.signal) return isSignalFrame(state) ? encodeRule(Rule.signal) : UNSUPPORTED;
  if (returnAddress.kind !== "offset" || returnAddress.offset !== -8) return UNSUPPORTED;
  const saved = savedBp(state.bp);
  if (saved === undefined) return UNSUPPORTED;
  const { place, offset } = saved;
  if (expression === undefined) {
    if (state.register === SP) return encodeRule(Rule.sp, state.offset, place, offset);
    if (state.register === BP) return encodeRule(Rule.bp, state.offset, place, offset);
    return UNSUPPORTED;
  }
  if (expression.kind === "plt" && place === SavedBp.same)
    return encodeRule(Rule.plt, 8, SavedBp.same, expression.threshold);
  if (expression.kind !== "address" || !expression.deref) return UNSUPPORTED;
  if (expression.register === SP) return encodeRule(Rule.spDeref, expression.offset, place, offset);
  return expression.register === BP ? encodeRule(Rule.bpDeref, expression.offset, place, offset) : UNSUPPORTED;
}

function savedBp(place: Place): { readonly place: SavedBp; readonly offset: number } | undefined {
  switch (place.kind) {
    case "same":
    case "undefined":
      return { place: SavedBp.same, offset: 0 };
    case "offset":
      return { place: SavedBp.cfa, offset: place.offset };
    case "expression": {
      const { expression } = place;
      if (expression.kind !== "address" || expression.deref || expression.register !== BP) return undefined;
      return { place: SavedBp.bp, offset: expression.offset };
    }
    case "other":
      return undefined;
  }
}

/** The C library writes where the kernel put each register, counted from rsp. */
function isSignalFrame({ expression, bp, returnAddress }: State): boolean {
  return (
    isAt(expression, SIGNAL_CONTEXT.sp, true) &&
    bp.kind === "expression" &&
    isAt(bp.expression, SIGNAL_CONTEXT.bp, false) &&
    returnAddress.kind === "expression" &&
    isAt(returnAddress.expression, SIGNAL_CONTEXT.ip, false)
  );
}

function isAt(expression: Expression | undefined, offset: number, deref: boolean): boolean {
  return (
    expression?.kind === "address" &&
    expression.register === SP &&
    expression.offset === offset &&
    expression.deref === deref
  );
}
