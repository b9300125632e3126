/** A monitor in an interpreter. */
import { fileURLToPath } from "node:url";
import { buildMonitor, buildTarget, RUNNING_BTF } from "@sonde/builder";
import type { Btf } from "@sonde/bpf/btf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { defaultEnvironment, Vm } from "@sonde/bpf/vm";
import type { Task } from "@sonde/bpf/vm";
import { argumentSource, type ProbeDeclaration } from "@sonde/compiler/typescript";
import { render } from "@sonde/compiler/diagnostics";
import { checkParam, encodeParam } from "@sonde/runtime/params";
import { contextOf, type MadeUpEvent } from "./events.ts";
import { readEntries, readEvent, readSeries, type SeriesReading } from "./readings.ts";

export interface LoadOptions {
  /** The kernel types to build against; those of this machine's kernel unless given. */
  readonly btf?: string;
  /** CPUs to simulate; 1 unless given. */
  readonly cpus?: number;
}

/** The monitor has an error; the message shows its places. */
export class MonitorError extends Error {
  override readonly name = "MonitorError";
}

/** Builds the monitor in `file`. @throws {MonitorError} */
export async function loadMonitor(file: string | URL, options: LoadOptions = {}): Promise<TestMonitor> {
  const target = buildTarget(options.btf ?? RUNNING_BTF);
  const { spec, diagnostics, source, probes } = await buildMonitor(
    typeof file === "string" ? file : fileURLToPath(file),
    target,
  );
  if (spec === undefined) throw new MonitorError(diagnostics.map((each) => render(each, source)).join(""));
  return new TestMonitor(spec, probes, target.btf!, options.cpus ?? 1);
}

/** In one go of time. */
const MOST_EXPIRED = 1_000_000;

export class TestMonitor {
  /** What was built: programs, maps, manifest. */
  readonly spec: ObjectSpec;
  /** What both clocks show, in nanoseconds. It stands still while handlers run; {@link advance} lets it pass. */
  time: bigint = 1_000_000_000n;
  /** Who the handlers think is running. */
  task: Partial<Task> = {};
  readonly #vm: Vm;
  readonly #btf: Btf;
  readonly #probes: readonly ProbeDeclaration[];

  constructor(spec: ObjectSpec, probes: readonly ProbeDeclaration[], btf: Btf, cpus: number) {
    const environment = defaultEnvironment();
    this.spec = spec;
    this.#probes = probes;
    this.#btf = btf;
    // Structs of functions are for the kernel to ask; here a test does.
    const maps = spec.maps.filter(({ type }) => type !== "struct_ops");
    this.#vm = new Vm(
      { ...spec, maps },
      {
        cpus,
        environment: { time: () => this.time, task: () => ({ ...environment.task(), ...this.task }) },
      },
    );
  }

  /**
   * Runs every handler of a probe, such as "tracepoint:block:block_rq_issue", with an event; what the last
   * one answered. Errors: TypeError for a probe or a field that there is none of; VmFault where a handler
   * does what the kernel would not let it do.
   */
  fire(
    probe: string,
    event: MadeUpEvent = {},
    options: { readonly cpu?: number; readonly packet?: Uint8Array } = {},
  ): number {
    const hit = this.#probes.flatMap((declaration, index) =>
      declaration.title === probe ? [{ declaration, index }] : [],
    );
    if (hit.length === 0)
      throw new TypeError(
        `the monitor has no probe ${probe}; it has ${this.#probes.map(({ title }) => title).join(", ")}`,
      );
    let answer = 0;
    for (const { declaration, index } of hit) {
      const source = argumentSource(this.#btf, declaration);
      const context = contextOf(this.#vm, this.#btf, source, event);
      const { result } = this.#vm.run(this.spec.programs[index]!.name, { context, ...options });
      answer = Number(BigInt.asIntN(32, result));
    }
    return answer;
  }

  /**
   * Lets time pass: timers that expire meanwhile run, each at its time, those that they start too.
   * Errors: VmFault, as of {@link fire}; Error for timers that start each other without end.
   */
  advance(nanoseconds: number | bigint): void {
    const end = this.time + BigInt(nanoseconds);
    for (let expired = 0; ; expired++) {
      const next = this.#vm.nextTimer;
      if (next === undefined || next > end) break;
      if (expired === MOST_EXPIRED)
        throw new Error(`${MOST_EXPIRED} timers expired within ${nanoseconds} ns: is one started for 0 ns each time?`);
      if (next > this.time) this.time = next;
      this.#vm.expireTimer();
    }
    this.time = end;
  }

  /** The series of a metric, in no order. */
  series(metric: string): SeriesReading[] {
    return readSeries(this.#vm, this.spec, metric);
  }

  /** The events of a stream since they were last asked for; those of other streams stay. */
  events(stream: string): unknown[] {
    const { ring } = this.spec.manifest;
    if (ring !== undefined)
      for (const record of this.#vm.ring(ring).drain()) this.#received.push(readEvent(this.spec, record.slice()));
    const mine = this.#received.filter((event) => event.stream === stream);
    this.#received = this.#received.filter((event) => event.stream !== stream);
    return mine.map(({ fields }) => fields);
  }

  #received: { readonly stream: string; readonly fields: unknown }[] = [];

  /** The entries of a map, by the name of the variable that holds it. */
  entries(map: string): (readonly [key: unknown, value: unknown])[] {
    return readEntries(this.#vm, this.spec, map);
  }

  /** Sets a parameter, as a user would. Errors: TypeError if there is none of this name; ParamError for a value it cannot have. */
  setParam(name: string, value: number | bigint | boolean | string): void {
    const param = this.spec.manifest.monitor?.params.find((each) => each.name === name);
    if (param === undefined) throw new TypeError(`the monitor has no parameter ${name}`);
    const map = this.#vm.map(param.map);
    const bytes = map.get(new Uint8Array(4))!.slice();
    const checked = checkParam(param, typeof value === "bigint" ? String(value) : value);
    bytes.set(encodeParam(param.type, checked), param.offset);
    map.set(new Uint8Array(4), bytes);
  }
}
