/**
 * User stacks unwound by the tables of `.eh_frame`, in the kernel: where they begin, and what becomes
 * of them. step.ts does each frame.
 *
 * They begin with the registers that the task brought along when it entered the kernel, so that it does
 * not matter where the probe is. What comes out is kept under its hash, as bpf_get_stackid keeps its own.
 */
import { UnwindOutcome, UnwindProcess, type UnwindView } from "@sonde/bpf/spec";
import type { Inst } from "../../../ir/index.ts";
import { Helper, RING_NO_WAKEUP, UpdateFlag } from "../../../lowering/helpers.ts";
import { countLoss } from "../../../lowering/losses.ts";
import { pointerTo } from "../../../ir/index.ts";
import type { Span } from "../../ast.ts";
import type { Type } from "../../types.ts";
import type { Handler } from "../handler.ts";
import { processId } from "../identity.ts";
import { noUnwinding, refuse } from "../messages.ts";
import { read } from "../memory.ts";
import { taskAddress, taskPlace } from "../tasks.ts";
import { buildStep } from "./step.ts";
import { Record, State, STATE_BYTES, Word } from "./state.ts";

/** struct pt_regs of x86-64. */
const Registers = { bp: 32, ip: 128, sp: 152 } as const;
const EFAULT = 14;
/** Numbers of stacks stay below 2^53. */
const ID_SHIFT = 11;
const REQUEST_BYTES = 24;

type UnwoundType = Type & { kind: "stack" };

/** The number of the present user stack in its map, or a negative error. */
export function unwoundStackId(h: Handler, type: UnwoundType, span: Span): Inst {
  const { builder } = h;
  const { state, count } = unwind(h, type, span);
  const id = builder.variable("id");
  builder.write(id, h.constant(-EFAULT));
  h.when({ kind: "ne", a: count, b: h.constant(0) }, () => {
    const number = builder.binary("lshr", state.get(Word.hash), h.constant(ID_SHIFT));
    builder.write(id, number);
    const key = builder.slot(8, "stack");
    builder.store(key, 0, 8, number);
    const map = builder.map(h.object.stackMap(type));
    h.when({ kind: "eq", a: builder.call(Helper.mapLookup, [map, key]), b: h.constant(0) }, () => {
      const answer = builder.call(Helper.mapUpdate, [map, key, state.address(Word.count), h.constant(UpdateFlag.any)]);
      h.when({ kind: "ne", a: answer, b: h.constant(0) }, () => {
        countLoss(h, "StackLost");
        builder.write(id, answer);
      });
    });
  });
  return builder.read(id);
}

/** How many frames the present user stack has, at most as many as its type says. */
export function unwoundDepth(h: Handler, type: UnwoundType, span: Span): Inst {
  return unwind(h, type, span).count;
}

/** The stack in `state`, and how many frames it has: none where there is no stack, whatever `state` says. */
function unwind(h: Handler, type: UnwoundType, span: Span): { readonly state: State; readonly count: Inst } {
  const { target } = h.object;
  const { builder } = h;
  if (target.arch !== "x86_64" || target.features.loop !== true || target.features.taskBtf !== true)
    return refuse(noUnwinding, span, target.arch);
  const maps = h.object.unwinding;
  const spot = h.sharedScratch("unwind", STATE_BYTES, span);
  const state = new State(h, spot);
  const step = stepOf(h, maps, spot.offset);
  const task = taskAddress(h, true);
  const registers = builder.call(Helper.taskPtRegs, [task], pointerTo("trusted"));
  const address = builder.load(registers, Registers.ip, 8);
  state.set(Word.ip, address);
  state.set(Word.sp, builder.load(registers, Registers.sp, 8));
  state.set(Word.bp, builder.load(registers, Registers.bp, 8));
  for (const word of [Word.called, Word.first, Word.ranges, Word.start, Word.end, Word.hash, Word.count])
    state.set(word, 0);
  state.set(Word.chunk, 0xffffffff);
  state.set(Word.outcome, UnwindOutcome.cut);
  const [count, outcome] = [builder.variable("count"), builder.variable("outcome")];
  builder.write(count, h.constant(0));
  // Threads of the kernel have no user's registers.
  h.when({ kind: "ne", a: address, b: h.constant(0) }, () => {
    const process = enterProcess(h, maps, state, task, span);
    const owner = builder.call(Helper.pidTgid, []);
    state.set(Word.owner, owner);
    const record = builder.slot(Record.size, "unwinding");
    builder.store(record, Record.scratch, 8, spot.base);
    builder.store(record, Record.owner, 8, owner);
    builder.call(Helper.loop, [h.constant(type.frames), builder.functionAddress(step), record, h.constant(0)]);
    builder.write(count, state.get(Word.count));
    builder.write(outcome, state.get(Word.outcome));
    h.when({ kind: "eq", a: state.get(Word.ranges), b: h.constant(0) }, () =>
      builder.write(outcome, h.constant(UnwindOutcome.noTables)),
    );
    // It is another's now: nothing of it may be touched.
    h.when({ kind: "ne", a: state.get(Word.owner), b: owner }, () => {
      builder.write(count, h.constant(0));
      builder.write(outcome, h.constant(UnwindOutcome.disturbed));
    });
    askIfLost(h, maps, builder.read(outcome), process);
    countOutcome(h, maps, builder.read(outcome));
  });
  return { state, count: builder.read(count) };
}

/** One function for all stacks of a program. */
const steps = new WeakMap<Handler, string>();

function stepOf(h: Handler, maps: UnwindView, offset: number): string {
  let name = steps.get(h.root);
  if (name === undefined) steps.set(h.root, (name = buildStep(h, maps, offset).name));
  return name;
}

interface Process {
  /** Where its id lies: the key of its entry. */
  readonly key: Inst;
  readonly id: Inst;
  readonly mm: Inst;
}

/** Takes the process's ranges, or makes an entry without, and asks for them. */
function enterProcess(h: Handler, maps: UnwindView, state: State, task: Inst, span: Span): Process {
  const { builder } = h;
  const id = processId(h);
  const key = builder.slot(8, "process");
  builder.store(key, 0, 8, id);
  const word: Type = { kind: "int", size: 8, signed: false };
  const mm = read(h, taskPlace(h, task, ["mm"], span), word, span);
  const known = builder.variable("known");
  builder.write(known, h.constant(0));
  h.ifNonNull(builder.call(Helper.mapLookup, [builder.map(maps.processes), key]), "mapValue", (entry) => {
    const seen = builder.load(entry, UnwindProcess.mm, 8);
    // Entries made before a process was seen here take the first mm for theirs.
    h.when({ kind: "eq", a: seen, b: h.constant(0) }, () => {
      builder.store(entry, UnwindProcess.mm, 8, mm);
      builder.write(known, h.constant(1));
    });
    h.when({ kind: "eq", a: seen, b: mm }, () => builder.write(known, h.constant(1)));
    h.when({ kind: "ne", a: builder.read(known), b: h.constant(0) }, () => {
      builder.store(entry, UnwindProcess.used, 4, h.constant(1));
      state.set(Word.first, builder.load(entry, UnwindProcess.first, 4));
      state.set(Word.ranges, builder.load(entry, UnwindProcess.count, 4));
    });
  });
  h.when({ kind: "eq", a: builder.read(known), b: h.constant(0) }, () => {
    const entry = builder.slot(UnwindProcess.size, "entry");
    builder.zero(entry, 0, UnwindProcess.size);
    builder.store(entry, UnwindProcess.mm, 8, mm);
    builder.store(entry, UnwindProcess.asked, 4, h.constant(1));
    const map = builder.map(maps.processes);
    const answer = builder.call(Helper.mapUpdate, [map, key, entry, h.constant(UpdateFlag.any)]);
    // Without an entry every stack would ask. Nor may one stay that nobody has asked for.
    h.when({ kind: "eq", a: answer, b: h.constant(0) }, () =>
      ask(h, id, mm, () => builder.call(Helper.mapDelete, [map, key])),
    );
  });
  return { key, id, mm };
}

/** A return address outside of all known code: the process has mapped more since. Asked for once until there is an answer. */
function askIfLost(h: Handler, maps: UnwindView, outcome: Inst, { key, id, mm }: Process): void {
  const { builder } = h;
  h.when({ kind: "eq", a: outcome, b: h.constant(UnwindOutcome.lost) }, () => {
    h.ifNonNull(builder.call(Helper.mapLookup, [builder.map(maps.processes), key]), "mapValue", (entry) => {
      h.when({ kind: "eq", a: builder.load(entry, UnwindProcess.asked, 4), b: h.constant(0) }, () => {
        builder.store(entry, UnwindProcess.asked, 4, h.constant(1));
        ask(h, id, mm);
      });
    });
  });
}

function ask(h: Handler, id: Inst, mm: Inst, failed: () => void = () => {}): void {
  const { builder, object } = h;
  const event = object.unwindRequest;
  const reserved = builder.call(
    Helper.ringbufReserve,
    [builder.map(object.ring), h.constant(REQUEST_BYTES), h.constant(0)],
    pointerTo("recordOrNull"),
  );
  h.ifNonNull(
    reserved,
    "record",
    (record) => {
      builder.store(record, 0, 4, h.constant(event));
      builder.store(record, 4, 4, builder.call(Helper.processorId, []));
      builder.store(record, 8, 8, id);
      builder.store(record, 16, 8, mm);
      builder.call(Helper.ringbufSubmit, [record, h.constant(RING_NO_WAKEUP)]);
    },
    () => {
      countLoss(h, "RingFull");
      failed();
    },
  );
}

function countOutcome(h: Handler, maps: UnwindView, outcome: Inst): void {
  const { builder } = h;
  const key = builder.slot(8, "outcome");
  builder.store(key, 0, 8, outcome);
  h.ifNonNull(builder.call(Helper.mapLookup, [builder.map(maps.outcomes), key]), "mapValue", (counter) =>
    builder.atomicAdd(counter, 0, 8, h.constant(1)),
  );
}
