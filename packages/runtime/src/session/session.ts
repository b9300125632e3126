/**
 * One run of an object: loaded, attached, its events read until it ends.
 *
 *     load ─> begin programs ─> attach ─> read events ... ─> detach ─> end programs
 *          ─> read the events that are left ─> losses ─> maps ─> close
 *
 * In this order nothing is lost on the way out: after detaching no event can come, so what is read
 * then is all there is.
 */
import type { ObjectSpec } from "@sonde/bpf/spec";
import { loadCollectionAsync } from "@sonde/kernel/collection";
import type { Collection, LoadOptions } from "@sonde/kernel/collection";
import { Attacher, isNetworkTarget, stopAll } from "@sonde/kernel/links";
import type { Link, NetworkAttach } from "@sonde/kernel/links";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Vmlinux } from "@sonde/kernel/programs";
import { Ring } from "@sonde/kernel/rings";
import { openBpffs, type Kernel } from "@sonde/kernel/sys";
import type { Output } from "../output/output.ts";
import type { MapReading } from "../print/map-reading.ts";
import type { Sink } from "../print/sink.ts";
import type { Child, ChildExit } from "../processes/child.ts";
import type { PacketFiles } from "./packets.ts";
import type { WatchedProcess } from "../processes/watched.ts";
import type { StackReader } from "../stacks/names.ts";
import type { Unwinder } from "../unwind/index.ts";
import { type Commands, eventHandlers } from "./events.ts";
import { LossReport } from "./loss-report.ts";
import type { LossTotals } from "./losses.ts";
import { MapReaders } from "./maps.ts";
import { Pump } from "./pump.ts";
import { writeStart } from "./start-time.ts";
import { refuseUnplaced } from "./unplaced.ts";

export interface SessionOptions {
  readonly kernel: Kernel;
  /** The running kernel's types; asked for only if a program needs them. */
  readonly vmlinux: Vmlinux;
  /** Where readings go. Sinks that show stacks read them by the function they are given. */
  readonly sink: (readStack: StackReader) => Sink;
  /** What the sink writes to, to be paced by; absent for sinks that never fall behind. */
  readonly output?: Output;
  /** Released when everything is attached; its end ends the session. Not ended if the session fails to start. */
  readonly child?: Child;
  /** Its end ends the session. */
  readonly process?: WatchedProcess;
  /** Loads and attaches, then ends at once: the handlers by hand (begin, end) and the child do not run, nothing is printed. */
  readonly dryRun?: boolean;
  /** Runs the programs for tests or benchmarks, says what came of them, and ends. */
  readonly mode?: "run" | "test" | "bench";
  /** Instead of what the object says. */
  readonly printMapsOnExit?: boolean;
  /** Called when everything is attached, before any event is read. */
  readonly onAttached?: () => void;
  /** Live maps in place of the object's own, by name; see LoadOptions. */
  readonly maps?: LoadOptions["maps"];
  /** Formats the present time, for time(); absent if the object has no such event. */
  readonly clock?: (format: string) => string;
  /** What cat() and system() do; absent if the object has no such event. */
  readonly commands?: Commands;
}

export interface Outcome {
  /** What ended it: exit(), {@link Session.stop}, the child's or the process's end, or a reader that left. */
  readonly reason: "exit" | "stopped" | "child" | "process" | "output";
  /** The argument of exit(), or 0. */
  readonly exitCode: number;
  /** How the child ended; undefined if there was none, or if it did not end when asked to. */
  readonly child: ChildExit | undefined;
  /** Events that the ring had no room for. */
  readonly lostEvents: number;
}

type Place = ReturnType<Collection["attachments"]> extends Generator<infer P> ? P : never;

/** Milliseconds that a child gets to end once it was asked to. */
const CHILD_GRACE = 1000;
/** Milliseconds between looks at the loss counters and the watched process. */
const LOSS_INTERVAL = 1000;
const PROCESS_INTERVAL = 100;

export class Session {
  readonly #options: SessionOptions;
  readonly #collection: Collection;
  readonly #maps: MapReaders;
  readonly #sink: Sink;
  readonly #losses: LossReport;
  readonly #ring: Ring | undefined;
  readonly #pump: Pump;
  #unwinding: Unwinding | undefined;
  #unwinder: Unwinder | undefined;
  #packets: PacketFiles | undefined;
  readonly #ended: PromiseWithResolvers<Outcome> = withResolvers();
  #links: readonly Link[] = [];
  readonly #iterators = new Map<number, string | undefined>();
  readonly #signals: (() => void)[] = [];
  #complaints: number = 0;
  #ending: boolean = false;
  #failure: { readonly error: unknown } | undefined;
  #exitCode: number | undefined;
  #childExit: ChildExit | undefined;
  #nextLosses: number = 0;
  #nextProcess: number = 0;

  /**
   * Loads, runs the begin programs, attaches everything, and starts reading.
   *
   * Errors: VerifierError, KernelError, UnsupportedFeatureError of loading or attaching, Error of {@link refuseUnplaced};
   * nothing is attached or open then.
   */
  static async start(spec: ObjectSpec, options: SessionOptions): Promise<Session> {
    refuseUnplaced(spec);
    const collection = await loadCollectionAsync(options.kernel, spec, {
      vmlinux: options.vmlinux,
      ...(options.maps && { maps: options.maps }),
    });
    let session: Session | undefined;
    try {
      session = new Session(collection, options, await unwindingOf(collection));
      const network = await networkAttach(collection);
      await session.#openPackets();
      await session.#prepareStacks();
      session.#begin(network);
      return session;
    } catch (error) {
      if (session === undefined) collection.close();
      else session.#close();
      throw error;
    }
  }

  private constructor(collection: Collection, options: SessionOptions, unwinding: Unwinding | undefined) {
    const { manifest } = collection;
    this.#options = options;
    this.#collection = collection;
    this.#maps = new MapReaders(collection);
    this.#sink = options.sink((map, id) => this.#maps.stack(map, id));
    this.#losses = new LossReport(collection, this.#maps, this.#sink, () => options.kernel.possibleCpus());
    const { unwind } = manifest;
    if (unwinding !== undefined && unwind !== undefined) {
      this.#unwinding = unwinding;
      this.#unwinder = new unwinding.Unwinder(options.kernel, unwind, (name) => collection.map(name));
    }
    const handlers = eventHandlers(manifest.events, {
      sink: this.#sink,
      maps: this.#maps,
      clock: options.clock ?? ((format) => format),
      commands: options.commands,
      unwatch: (address) => this.#unwatch(address),
      unwindProcess: (pid, mm) => this.#unwinder?.want(pid, mm),
      complained: () => void this.#complaints++,
      exit: (code) => {
        this.#exitCode ??= code;
        this.#complaints++;
        // What other probes still say comes after the end.
        this.#pump.setDeaf(true);
      },
    });
    const ringMap = manifest.ring === undefined ? undefined : collection.map(manifest.ring);
    this.#ring = ringMap === undefined ? undefined : new Ring(options.kernel, ringMap);
    this.#pump = new Pump({
      ring: this.#ring && ringMap && { reader: this.#ring, size: ringMap.maxEntries },
      handlers,
      output: options.output,
      afterRound: () => this.#afterRound(),
      fail: (error) => this.#fail(error),
    });
  }

  /** Resolves when the session is over and everything is closed. Rejects if reading or writing failed; all is closed then too. */
  get ended(): Promise<Outcome> {
    return this.#ended.promise;
  }

  /** Live attachments: what and by which of the kernel's ways. */
  get links(): readonly { readonly description: string; readonly road: string }[] {
    return this.#links;
  }

  /** What the named maps hold now, in the manifest's order. Errors: KernelError of the look-ups. */
  readMaps(): MapReading[] {
    return this.#collection.manifest.maps.map((view) => this.#maps.read(view));
  }

  /** The live map of a MapSpec's name, as the session's own readers use it. */
  map(spec: string): BpfMap {
    return this.#collection.map(spec);
  }

  /** What was lost since the start, as of the last look at the counters, which is at most a second old. */
  losses(): LossTotals {
    return this.#losses.totals;
  }

  /** Ends the session in order, once; every call gives the same outcome. */
  stop(): Promise<Outcome> {
    this.#end("stopped");
    return this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop().then(() => undefined);
  }

  /** A process that is watched is known before its first stack is taken. */
  async #prepareStacks(): Promise<void> {
    const pid = this.#options.process?.pid;
    if (this.#unwinder === undefined || pid === undefined) return;
    this.#unwinder.want(pid, 0n);
    await this.#unwinder.idle();
  }

  /** Says which of the stacks that programs unwound are not whole. */
  #reportStacks(): void {
    const { unwind } = this.#collection.manifest;
    if (this.#unwinding === undefined || this.#unwinder === undefined || unwind === undefined) return;
    const counts = this.#unwinding.readOutcomes(this.#collection.map(unwind.outcomes));
    const text = this.#unwinding.incompleteStacks(counts, this.#unwinder.problems);
    if (text !== undefined) this.#sink.warning(text);
  }

  #begin(network: NetworkAttach | undefined): void {
    const places = [...this.#collection.attachments()];
    const { start } = this.#collection.manifest;
    if (start !== undefined) writeStart(this.#collection.map(start));
    this.#run("begin");
    const wanted = places.filter(({ target }) => target.kind !== "run");
    const missing = new Set<Place>();
    const { missingProbes } = this.#collection.manifest.config;
    const refused = (place: Place, { message }: Error): void => {
      missing.add(place);
      if (missingProbes === "warn") this.#sink.warning(`${message.split("\n")[0]}; it is left out`);
    };
    const attacher = new Attacher(this.#options.kernel, { ...(network && { network }) });
    this.#links = attacher.attachAll(wanted, missingProbes && refused);
    const attached = wanted.filter((place) => !missing.has(place));
    for (const { registration } of this.#collection.structOps())
      this.#links = [...this.#links, registration.register()];
    for (const [index, { target }] of attached.entries())
      if (target.kind === "iter") this.#iterators.set(index, target.pin);
    this.#sink.attachedProbes(places.length - missing.size);
    this.#handleSignals(places);
    const { child, dryRun, onAttached } = this.#options;
    onAttached?.();
    if (dryRun === true) return this.#end("stopped");
    child?.release();
    if (child !== undefined) void this.#follow(child);
    this.#nextLosses = now() + LOSS_INTERVAL;
    this.#pump.start();
    void this.#goThrough(places).catch((error: unknown) => this.#fail(error));
  }

  /** Programs for a signal run when this process gets it. */
  #handleSignals(places: readonly Place[]): void {
    for (const { program, target } of places) {
      if (target.kind !== "run" || target.when !== "signal") continue;
      const handler = (): void => void program.testRun();
      const signal = target.name as NodeJS.Signals;
      process.on(signal, handler);
      this.#signals.push(() => process.off(signal, handler));
    }
  }

  /** Iterators, tests and benchmarks run once through; then the session is over. */
  async #goThrough(places: readonly Place[]): Promise<void> {
    const { mode = "run", kernel } = this.#options;
    if (mode !== "run") {
      const { runTrials } = await import("./trials.ts");
      const failed = await runTrials(kernel, places, mode, this.#sink, {
        drain: () => this.#pump.drainRest(),
        complaints: () => this.#complaints,
      });
      this.#exitCode ??= failed ? 1 : 0;
      return this.#end("exit");
    }
    if (this.#iterators.size === 0) return;
    const { streamIterator } = await import("@sonde/kernel/links");
    for (const [index, pin] of this.#iterators) {
      const link = this.#links[index]!;
      if (pin !== undefined) this.#options.output?.write(`Program pinned to ${pinLink(kernel, link, pin)}\n`);
      else for await (const text of streamIterator(kernel, link)) this.#options.output?.write(text.toString());
    }
    if (this.#iterators.size === this.#links.length) this.#end("exit");
  }

  async #follow(child: Child): Promise<void> {
    try {
      this.#childExit = await child.exit;
      this.#end("child");
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Few scripts capture packets. */
  async #openPackets(): Promise<void> {
    if (this.#collection.manifest.packets === undefined) return;
    const { PacketFiles } = await import("./packets.ts");
    const { manifest } = this.#collection;
    this.#packets = new PacketFiles(this.#options.kernel, { manifest, map: (name) => this.#collection.map(name) });
  }

  #run(when: "begin" | "end"): void {
    if (this.#options.dryRun === true) return;
    for (const { program, target } of this.#collection.attachments()) {
      if (target.kind === "run" && target.when === when) program.testRun();
    }
  }

  #afterRound(): void {
    this.#packets?.drain();
    const time = now();
    if (time >= this.#nextLosses) {
      this.#nextLosses = time + LOSS_INTERVAL;
      this.#losses.report();
      this.#options.output?.send();
    }
    if (this.#ending) return;
    const { process, output } = this.#options;
    if (this.#exitCode !== undefined) return this.#end("exit");
    if (output?.closed === true) return this.#end("output");
    if (process !== undefined && time >= this.#nextProcess) {
      this.#nextProcess = time + PROCESS_INTERVAL;
      if (!process.alive()) this.#end("process");
    }
  }

  /** The kernel's event goes with its link. */
  #unwatch(address: bigint): void {
    const gone = this.#links.filter(({ description }) =>
      description.startsWith(`watchpoint:0x${address.toString(16)}:`),
    );
    for (const link of gone) link.close();
    this.#links = this.#links.filter((link) => !gone.includes(link));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#end("stopped");
  }

  #end(reason: Outcome["reason"]): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.#childExit === undefined) this.#options.child?.terminate();
    this.#finish(reason)
      .finally(() => this.#close())
      .then(this.#ended.resolve, (error: unknown) =>
        this.#ended.reject(this.#failure === undefined ? error : this.#failure.error),
      );
  }

  /** Events are read on while the probes are detached, which takes a while: the ring must not fill up then. */
  async #finish(reason: Outcome["reason"]): Promise<Outcome> {
    const { child, output } = this.#options;
    await stopAll(this.#links);
    if (this.#exitCode !== undefined) {
      await this.#pump.drainRest();
      this.#pump.setDeaf(false);
    }
    this.#run("end");
    this.#pump.stop();
    await this.#pump.drainRest();
    this.#packets?.drain();
    this.#packets?.reportLost(this.#sink);
    this.#losses.reportRest();
    this.#reportStacks();
    this.#sink.end();
    const { dryRun = false, printMapsOnExit = this.#collection.manifest.config.printMapsOnExit } = this.#options;
    if (printMapsOnExit && !dryRun) this.#printMaps();
    await output?.flush();
    if (this.#failure !== undefined) throw this.#failure.error;
    if (child !== undefined) this.#childExit ??= await soon(child.exit);
    return { reason, exitCode: this.#exitCode ?? 0, child: this.#childExit, lostEvents: this.#losses.totals.ringFull };
  }

  #printMaps(): void {
    const readings = this.readMaps().filter(({ rows }) => rows.length > 0);
    readings.sort((a, b) => (a.view.name < b.view.name ? -1 : 1));
    for (const reading of readings) this.#sink.map(reading, { top: 0, div: 1 });
  }

  #close(): void {
    this.#pump.stop();
    for (const forget of this.#signals) forget();
    for (const link of this.#links) link.close();
    this.#unwinder?.close();
    this.#ring?.close();
    this.#packets?.close();
    this.#collection.close();
  }
}

/** Milliseconds on a clock that only grows. The global `performance` would load ten modules of Node.js: 2 ms. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: ((value: T) => void) | undefined;
  let reject: ((reason: unknown) => void) | undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve: resolve!, reject: reject! };
}

async function soon(exit: Promise<ChildExit>): Promise<ChildExit | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), CHILD_GRACE);
  });
  try {
    return await Promise.race([exit, grace]);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes an iterator a file of the BPF file system, which it is from there on; its path. */
function pinLink(kernel: Kernel, link: Link, name: string): string {
  const place = openBpffs(kernel);
  const path = name.startsWith("/") ? name : `${place}/${name}`;
  link.pin(path);
  return path;
}

/** What attaches to interfaces and control groups: few sessions have any such program. */
async function networkAttach(collection: Collection): Promise<NetworkAttach | undefined> {
  for (const { target } of collection.attachments())
    if (isNetworkTarget(target)) return (await import("@sonde/kernel/links/net")).attachToNetwork;
  return undefined;
}

type Unwinding = typeof import("../unwind/index.ts");

/** What feeds programs that unwind stacks: few sessions have any. */
async function unwindingOf({ manifest }: Collection): Promise<Unwinding | undefined> {
  return manifest.unwind === undefined ? undefined : await import("../unwind/index.ts");
}
