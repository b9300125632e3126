/**
 * One frame of a user stack: kept, and left for its caller. The kernel calls this once for each frame
 * (bpf_loop), until it answers 1.
 *
 *     address ─> range of the process ─> section of a table ─> page ─> row ─> rule ─> the caller's registers
 *
 * Code without a table is left by its frame pointer: that of JIT compilers and of Go, whose
 * frames are made so.
 */
import { PAGE_BITS, PLT_ENTRY, Rule, SavedBp, SIGNAL_CONTEXT } from "@sonde/bpf/eh-frame";
import {
  UNWIND_CHUNK_BYTES,
  UNWIND_RANGES,
  UNWIND_RULES,
  UnwindOutcome,
  UnwindRange,
  type UnwindView,
} from "@sonde/bpf/spec";
import { pointerTo, SCALAR, type Inst } from "../../../ir/index.ts";
import { Helper } from "../../../lowering/helpers.ts";
import type { Handler } from "../handler.ts";
import { searchSorted } from "./search.ts";
import { Record, stateOf, Word, type State } from "./state.ts";

/** Steps in which one of 2^steps ranges of a process, or rows of a page, is found. */
const RANGE_STEPS = 11;
const ROW_STEPS = PAGE_BITS;
/** Of words in a chunk. */
const WORD_MASK: number = UNWIND_CHUNK_BYTES / 4 - 1;
const RANGE_SHIFT = Math.log2(UnwindRange.size);
/** Spreads the bits of an address over a whole word: 2^64 divided by the golden ratio. */
const SPREAD = 0x9e3779b97f4a7c15n;

interface Step {
  readonly h: Handler;
  readonly state: State;
  readonly maps: UnwindView;
}

/** Builds the function; `offset` is where the state lies in scratch memory. It takes the turn's number and a record with the scratch memory's address. */
export function buildStep(h: Handler, maps: UnwindView, offset: number): Handler {
  const turn = h.callback([SCALAR, pointerTo("stack")]);
  const { builder } = turn;
  builder.source = h.builder.source;
  const s: Step = { h: turn, state: stateOf(turn, builder.param(1), offset), maps };
  const owner = builder.load(builder.param(1), Record.owner, 8);
  builder.when({ kind: "ne", a: s.state.get(Word.owner), b: owner }, () => builder.return(turn.constant(1)));
  const address = s.state.get(Word.ip);
  const within = builder.binary("sub", address, s.state.get(Word.called));
  enterRange(s, within);
  keep(s, builder.extend(builder.param(0), 32, false), address);
  const rule = findRule(s, within);
  follow(s, rule, address);
  h.root.callbacks.push(builder.finish());
  return turn;
}

/** Ends the loop. */
function stop({ h, state }: Step, outcome: number): void {
  state.set(Word.outcome, outcome);
  h.builder.return(h.constant(1));
}

function goOn({ h }: Step): void {
  h.builder.return(h.constant(0));
}

/** Makes the range that holds an address the present one. Of a process without ranges every address is taken. */
function enterRange(s: Step, address: Inst): void {
  const { h, state, maps } = s;
  const { builder } = h;
  const size = builder.binary("sub", state.get(Word.end), state.get(Word.start));
  const distance = builder.binary("sub", address, state.get(Word.start));
  builder.when({ kind: "uge", a: distance, b: size }, () => {
    const count = state.get(Word.ranges);
    builder.when({ kind: "ne", a: count, b: h.constant(0) }, () => {
      const first = state.get(Word.first);
      const rangeAt = (place: Inst): Inst =>
        builder.binary("add", builder.mapValue(maps.ranges, 0), builder.binary("shl", place, h.constant(RANGE_SHIFT)));
      const place = searchSorted(h, {
        steps: RANGE_STEPS,
        first,
        end: builder.binary("add", first, count),
        mask: UNWIND_RANGES - 1,
        difference: (at) => builder.binary("sub", builder.load(rangeAt(at), UnwindRange.start, 8), address),
      });
      const found = rangeAt(place);
      const [start, end] = [builder.load(found, UnwindRange.start, 8), builder.load(found, UnwindRange.end, 8)];
      const length = builder.binary("sub", end, start);
      builder.when({ kind: "uge", a: builder.binary("sub", address, start), b: length }, () =>
        stop(s, UnwindOutcome.lost),
      );
      state.set(Word.start, start);
      state.set(Word.end, end);
      state.set(Word.origin, builder.load(found, UnwindRange.origin, 8));
      state.set(Word.chunk, builder.load(found, UnwindRange.chunk, 4));
      state.set(Word.base, builder.load(found, UnwindRange.base, 4));
    });
  });
}

function keep({ h, state }: Step, index: Inst, address: Inst): void {
  const { builder } = h;
  state.setFrame(index, address);
  state.set(Word.count, builder.binary("add", index, h.constant(1)));
  const mixed = builder.binary("mul", builder.binary("xor", state.get(Word.hash), address), h.constant(SPREAD));
  state.set(Word.hash, builder.binary("xor", mixed, builder.binary("lshr", mixed, h.constant(32))));
}

/** The rule for an address, as encoded; `none` without a table. */
function findRule({ h, state, maps }: Step, address: Inst): Inst {
  const { builder } = h;
  const rule = builder.variable("rule");
  builder.write(rule, h.constant(Rule.none));
  const key = builder.slot(8, "chunk");
  builder.store(key, 0, 8, state.get(Word.chunk));
  const inner = builder.call(Helper.mapLookup, [builder.map(maps.chunks), key]);
  builder.ifNonNull(inner, "mapValue", (map) => {
    builder.store(key, 0, 8, h.constant(0));
    const value = builder.call(Helper.mapLookup, [map, key]);
    builder.ifNonNull(value, "mapValue", (chunk) => {
      const wordAt = (index: Inst): Inst => builder.binary("add", chunk, builder.binary("shl", index, h.constant(2)));
      const base = state.get(Word.base);
      const distance = builder.binary("sub", address, state.get(Word.origin));
      const number = builder.binary("lshr", distance, h.constant(PAGE_BITS));
      const pagePlace = builder.binary("and", builder.binary("add", base, number), h.constant(WORD_MASK));
      const page = builder.load(wordAt(pagePlace), 0, 4);
      const first = builder.binary("add", base, builder.binary("lshr", page, h.constant(8)));
      const last = builder.binary("add", first, builder.binary("and", page, h.constant(0xff)));
      const low = builder.binary("and", distance, h.constant(0xff));
      const place = searchSorted(h, {
        steps: ROW_STEPS,
        first,
        end: builder.binary("add", last, h.constant(1)),
        mask: WORD_MASK,
        difference: (at) => builder.binary("sub", builder.load(wordAt(at), 0, 1), low),
      });
      const row = builder.load(wordAt(place), 0, 4);
      const ruleNumber = builder.binary(
        "and",
        builder.binary("lshr", row, h.constant(8)),
        h.constant(UNWIND_RULES - 1),
      );
      const at = builder.binary("shl", ruleNumber, h.constant(3));
      builder.write(rule, builder.load(builder.binary("add", builder.mapValue(maps.rules, 0), at), 0, 8));
    });
  });
  return builder.read(rule);
}

/** Does what the rule says, the frequent ones first. */
function follow(s: Step, rule: Inst, address: Inst): void {
  const { h, state } = s;
  const { builder } = h;
  const kind = builder.binary("and", rule, h.constant(0xff));
  const offset = builder.binary("ashr", rule, h.constant(32));
  const on = (wanted: number, then: () => void): void =>
    builder.when({ kind: "eq", a: kind, b: h.constant(wanted) }, then);
  const plus = (word: number): Inst => builder.binary("add", state.get(word), offset);
  const frame = builder.variable("cfa");
  builder.write(frame, plus(Word.sp));
  builder.when({ kind: "ne", a: kind, b: h.constant(Rule.sp) }, () => {
    on(Rule.none, () => followFramePointer(s));
    on(Rule.end, () => stop(s, UnwindOutcome.complete));
    on(Rule.signal, () => followSignal(s));
    on(Rule.unsupported, () => stop(s, UnwindOutcome.noRule));
    on(Rule.bp, () => builder.write(frame, plus(Word.bp)));
    on(Rule.spDeref, () => builder.write(frame, readWord(s, plus(Word.sp))));
    on(Rule.bpDeref, () => builder.write(frame, readWord(s, plus(Word.bp))));
    on(Rule.plt, () => {
      const threshold = builder.binary("and", builder.binary("lshr", rule, h.constant(16)), h.constant(PLT_ENTRY - 1));
      const place = builder.binary("and", address, h.constant(PLT_ENTRY - 1));
      builder.when({ kind: "uge", a: place, b: threshold }, () =>
        builder.write(frame, builder.binary("add", plus(Word.sp), h.constant(8))),
      );
    });
  });
  const cfa = builder.read(frame);
  // Callers lie above: what does not is damaged, and could lead round in circles.
  builder.when({ kind: "ule", a: cfa, b: state.get(Word.sp) }, () => stop(s, UnwindOutcome.noRule));
  followSavedPointer(s, rule, cfa);
  const back = readWord(s, builder.binary("sub", cfa, h.constant(8)));
  enterCaller(s, back, cfa, 1);
}

/** Restores rbp, which is where the rule says, or has never been changed. */
function followSavedPointer(s: Step, rule: Inst, cfa: Inst): void {
  const { h, state } = s;
  const { builder } = h;
  const saved = builder.binary("and", rule, h.constant(0xff00));
  builder.when({ kind: "ne", a: saved, b: h.constant(SavedBp.same << 8) }, () => {
    const offset = builder.binary("ashr", builder.binary("shl", rule, h.constant(32)), h.constant(48));
    const base = builder.variable("base");
    builder.write(base, cfa);
    builder.when({ kind: "eq", a: saved, b: h.constant(SavedBp.bp << 8) }, () =>
      builder.write(base, state.get(Word.bp)),
    );
    state.set(Word.bp, readWord(s, builder.binary("add", builder.read(base), offset)));
  });
}

/** push rbp; mov rbp, rsp: the caller's rbp lies at rbp, the return address above it. */
function followFramePointer(s: Step): void {
  const { h, state } = s;
  const { builder } = h;
  const pointer = state.get(Word.bp);
  // The first function of a thread begins with none.
  builder.when({ kind: "eq", a: pointer, b: h.constant(0) }, () => stop(s, UnwindOutcome.complete));
  builder.when({ kind: "ult", a: pointer, b: state.get(Word.sp) }, () => stop(s, UnwindOutcome.noRule));
  readWords(s, pointer, 16);
  state.set(Word.bp, state.get(Word.read));
  enterCaller(s, state.get(Word.read + 8), builder.binary("add", pointer, h.constant(16)), 1);
}

/** The handler returns into the C library's trampoline, above which the kernel has put all registers. */
function followSignal(s: Step): void {
  const { h, state } = s;
  const { builder } = h;
  const at = (offset: number): Inst => builder.binary("add", state.get(Word.sp), h.constant(offset));
  state.set(Word.bp, readWord(s, at(SIGNAL_CONTEXT.bp)));
  const address = readWord(s, at(SIGNAL_CONTEXT.ip));
  const pointer = readWord(s, at(SIGNAL_CONTEXT.sp));
  enterCaller(s, address, pointer, 0);
}

function enterCaller(s: Step, address: Inst, pointer: Inst, called: number): void {
  const { h, state } = s;
  state.set(Word.ip, address);
  state.set(Word.sp, pointer);
  state.set(Word.called, called);
  h.builder.when({ kind: "eq", a: address, b: h.constant(0) }, () => stop(s, UnwindOutcome.complete));
  goOn(s);
}

function readWord(s: Step, address: Inst): Inst {
  readWords(s, address, 8);
  return s.state.get(Word.read);
}

/** Copies bytes of the stack to Word.read; ends the loop where there are none. */
function readWords(s: Step, address: Inst, bytes: number): void {
  const { h, state } = s;
  const { builder } = h;
  const answer = builder.call(Helper.probeReadUser, [state.address(Word.read), h.constant(bytes), address]);
  builder.when({ kind: "ne", a: answer, b: h.constant(0) }, () => stop(s, UnwindOutcome.unreadable), undefined, false);
}
