/** An object for tests, made by hand: it counts a process's write(2) calls in a map, and reports each as an event. */
import * as asm from "@sonde/bpf/asm";
import type { Instruction } from "@sonde/bpf/asm";
import { BtfBuilder } from "@sonde/bpf/btf";
import { LOSS_COUNTERS } from "@sonde/bpf/spec";
import type { AttachTarget, EventView, Manifest, MapSpec, ObjectSpec, ProgramSpec, ProgramType } from "@sonde/bpf/spec";

const { R0, R1, R2, R3, R6, R7, R9, R10 } = asm;
const NO_WAKEUP = 1;

export interface TestProgram {
  readonly name: string;
  readonly type: ProgramType;
  readonly attach: AttachTarget;
  readonly body: readonly Instruction[];
}

/** `@` of count(), with no keys, `@calls` with the process id as its key, the ring and the losses. */
export function testMaps(ringBytes: number): MapSpec[] {
  const map = { keySize: 4, flags: 0, keyTypeId: 0, valueTypeId: 0 };
  return [
    { ...map, name: "count", type: "percpu_array", valueSize: 8, maxEntries: 1 },
    { ...map, name: "ring", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: ringBytes },
    { ...map, name: "losses", type: "percpu_array", valueSize: 8, maxEntries: LOSS_COUNTERS },
  ];
}

export function testManifest(events: readonly EventView[]): Manifest {
  return {
    maps: [{ name: "@", map: "count", keys: [], value: { kind: "count", perCpu: true }, maxEntries: 1 }],
    events,
    ring: "ring",
    losses: "losses",
    config: { printMapsOnExit: true, stackMode: "bpftrace" },
  };
}

export function testObject(programs: readonly TestProgram[], maps: readonly MapSpec[], manifest: Manifest): ObjectSpec {
  const btf = new BtfBuilder();
  const prototype = btf.funcProto(btf.int("int", 4, "signed"), [{ name: "ctx", type: btf.ptr(0) }]);
  const specs = programs.map(({ name, type, attach, body }): ProgramSpec => {
    const [first, ...rest] = [
      asm.mov64(R9, R1),
      ...body,
      asm.withLabel(asm.mov64Imm(R0, 0), `${name}_end`),
      asm.exit(),
    ] as const;
    return {
      name,
      type,
      attach: [attach],
      title: name,
      instructions: [asm.withLabel(first, name), ...rest],
      functions: new Map([[name, btf.func(name, prototype, "global")]]),
    };
  });
  return { name: "test", license: "GPL", programs: specs, maps, btf: btf.encode(), manifest };
}

/** Leaves the program unless the current process has this id. Jumps to `${program}_end`. */
export function onlyProcess(program: string, pid: number): Instruction[] {
  return [
    asm.callHelper(asm.helperId("get_current_pid_tgid")),
    asm.alu64Imm("RSH", R0, 32),
    asm.jumpIfImm("JNE", 64, R0, pid, `${program}_end`),
  ];
}

/** Adds one to slot `index` of a per-CPU array of u64. */
export function increment(program: string, map: string, index: number): Instruction[] {
  return [
    asm.storeImm(4, R10, -4, index),
    asm.mov64(R2, R10),
    asm.alu64Imm("ADD", R2, -4),
    asm.loadMap(R1, map),
    asm.callHelper(asm.helperId("map_lookup_elem")),
    asm.jumpIfImm("JEQ", 64, R0, 0, `${program}_end`),
    asm.load(8, R1, R0, 0),
    asm.alu64Imm("ADD", R1, 1),
    asm.store(8, R0, 0, R1),
  ];
}

/** Emits event `id`, 16 bytes, with `value` as its u64 field at 8; counts a loss where the ring is full. Last in a program. */
export function emit(program: string, id: number, value: number): Instruction[] {
  return record(program, id, 16, [asm.storeImm(8, R6, 8, value)]);
}

/** Emits event `id`, 24 bytes, with the kernel's stack at 8. The first and only thing in a program. */
export function emitStack(program: string, id: number, map: string): Instruction[] {
  return [
    asm.loadMap(R2, map),
    asm.mov64Imm(R3, 0),
    asm.callHelper(asm.helperId("get_stackid")),
    asm.mov64(R7, R0),
    ...record(program, id, 24, [asm.store(8, R6, 8, R7), asm.storeImm(8, R6, 16, 0)]),
  ];
}

/** Emits event `id`, 16 bytes, with the nanoseconds since the u64 in `map` at 8. */
export function emitElapsed(program: string, id: number, map: string): Instruction[] {
  return [
    asm.callHelper(asm.helperId("ktime_get_boot_ns")),
    asm.loadMapValue(R1, map, 0),
    asm.load(8, R1, R1, 0),
    asm.mov64(R7, R0),
    asm.alu64("SUB", R7, R1),
    ...record(program, id, 16, [asm.store(8, R6, 8, R7)]),
  ];
}

/** Reserves, lets `fill` write to R6 from byte 8, and submits. */
function record(program: string, id: number, size: number, fill: readonly Instruction[]): Instruction[] {
  return [
    asm.loadMap(R1, "ring"),
    asm.mov64Imm(R2, size),
    asm.mov64Imm(R3, 0),
    asm.callHelper(asm.helperId("ringbuf_reserve")),
    asm.jumpIfImm("JEQ", 64, R0, 0, `${program}_lost`),
    asm.mov64(R6, R0),
    asm.callHelper(asm.helperId("get_smp_processor_id")),
    asm.store(4, R6, 4, R0),
    asm.storeImm(4, R6, 0, id),
    ...fill,
    asm.mov64(R1, R6),
    asm.mov64Imm(R2, NO_WAKEUP),
    asm.callHelper(asm.helperId("ringbuf_submit")),
    asm.jump(`${program}_end`),
    ...lost(program),
  ];
}

function lost(program: string): Instruction[] {
  const [first, ...rest] = increment(program, "losses", 0);
  return [asm.withLabel(first!, `${program}_lost`), ...rest];
}
