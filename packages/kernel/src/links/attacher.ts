/** Attaches loaded programs to where their events happen. */
import type { AttachTarget, NetworkTarget } from "@sonde/bpf/spec";
import { helper } from "../features/helpers.ts";
import { syscallPrefix } from "../programs/syscall-wrapper.ts";
import type { Vmlinux } from "../programs/kernel-types.ts";
import { FileDescriptor, type Kernel, KernelError, onlineCpus, rawTracepointOpen } from "../sys/index.ts";
import { findTracefs, openTracefs } from "../tracefs/mount.ts";
import { describeTarget } from "./describe.ts";
import { type EventSource, readEventSource } from "./event-source.ts";
import { attachIterator } from "./iterator.ts";
import { type Bond, Link } from "./link.ts";
import { attachKprobeMulti, attachUprobeMulti } from "./multi.ts";
import { openError } from "./open-error.ts";
import type { AttachOptions } from "./options.ts";
import { type Binding, type PerfEventRequest, bindProgram, perfEventOpen } from "./perf-event.ts";
import { kprobeEvent, samplingEvent, tracepointEvent, uprobeEvent, watchpointEvent } from "./requests.ts";
import { attachTracing } from "./tracing.ts";
import { usdtPlaces } from "./usdt/places.ts";

/** A program that the kernel holds. */
export interface LoadedProgram {
  readonly fd: number;
}

export interface Attachment {
  readonly program: LoadedProgram;
  readonly target: AttachTarget;
  readonly options?: AttachOptions;
}

export interface AttacherOptions {
  /** The kernel's types, by which the names of system calls' functions are found faster. */
  readonly vmlinux?: Vmlinux;
  /** What attaches to interfaces, control groups and netfilter: attachToNetwork of `links/net`, which few need. */
  readonly network?: NetworkAttach;
}

export type NetworkAttach = (
  kernel: Kernel,
  program: LoadedProgram,
  target: NetworkTarget,
  options: AttachOptions,
) => Link;

export function isNetworkTarget(target: AttachTarget): target is NetworkTarget {
  const kinds: readonly AttachTarget["kind"][] = ["xdp", "tc", "cgroup", "netfilter", "netns"];
  return kinds.includes(target.kind);
}

/** An event to open, and the cookie for the program there. */
interface Place {
  readonly request: PerfEventRequest;
  readonly cookie: bigint;
}

/** Attaches one session's programs; what it learns of the kernel on the way it keeps for the next one. */
export class Attacher {
  readonly #kernel: Kernel;
  readonly #vmlinux: Vmlinux;
  readonly #network: NetworkAttach | undefined;
  readonly #sources = new Map<"kprobe" | "uprobe", EventSource>();
  #tracefs: string | undefined;
  #cpus: readonly number[] | undefined;
  #binding: Binding | undefined;
  #hasCookies: boolean | undefined;

  constructor(kernel: Kernel, options: AttacherOptions = {}) {
    this.#kernel = kernel;
    this.#vmlinux = options.vmlinux ?? (() => undefined);
    this.#network = options.network;
  }

  /**
   * Errors: KernelError when the kernel refuses, UnsupportedFeatureError when it can't attach such
   * programs at all. Nothing is attached then.
   */
  attach(program: LoadedProgram, target: AttachTarget, options: AttachOptions = {}): Link {
    const { cookie = 0n } = options;
    const one = (request: PerfEventRequest): Link => this.#attachEvents(program, [{ request, cookie }], target);
    switch (target.kind) {
      case "run":
        throw new TypeError(`a program for "${target.when}" is run, not attached`);
      case "rawTracepoint": {
        const subject = describeTarget(target);
        const fd = rawTracepointOpen(this.#kernel, program.fd, target.name, subject, cookie);
        return new Link(this.#kernel, subject, "raw tracepoint link", [{ program: fd }]);
      }
      case "btfTracepoint":
      case "fentry":
      case "fmodRet":
      case "freplace":
      case "lsm":
        return attachTracing(this.#kernel, program.fd, target, options);
      case "iter":
        return attachIterator(this.#kernel, program.fd, options.iterator, describeTarget(target));
      case "kprobeMulti":
        return attachKprobeMulti(this.#kernel, program.fd, target, options, findTracefs);
      case "uprobeMulti":
        return attachUprobeMulti(this.#kernel, program.fd, target, options);
      case "tracepoint":
        return one(tracepointEvent(this.#openTracefs(), target, this.#firstCpu()));
      case "kprobe":
        return one(kprobeEvent(this.#source("kprobe"), target, this.#firstCpu()));
      case "ksyscall": {
        const symbol = syscallPrefix(this.#vmlinux) + target.name;
        return one(
          kprobeEvent(this.#source("kprobe"), { kind: "kprobe", symbol, onReturn: target.onReturn }, this.#firstCpu()),
        );
      }
      case "uprobe":
        return one(uprobeEvent(this.#source("uprobe"), target, this.#firstCpu(), options));
      case "watchpoint": {
        const cpus = target.pid === undefined ? this.#onlineCpus() : [this.#firstCpu()];
        const events = cpus.map((cpu) => ({ request: watchpointEvent(target, cpu), cookie }));
        return this.#attachEvents(program, events, target);
      }
      case "usdt":
        return this.#attachUsdt(program, target, options);
      case "perfEvent": {
        const cpus = target.cpus === "all" ? this.#onlineCpus() : [this.#firstCpu()];
        return this.#attachEvents(
          program,
          cpus.map((cpu) => ({ request: samplingEvent(target, cpu), cookie })),
          target,
        );
      }
      case "xdp":
      case "tc":
      case "cgroup":
      case "netfilter":
      case "netns":
        if (this.#network === undefined)
          throw new TypeError(`${describeTarget(target)}: this needs an Attacher with the option 'network'`);
        return this.#network(this.#kernel, program, target, options);
    }
  }

  /**
   * Attaches all in order, or none: if one is refused those before it are detached again. With `refused` the
   * others stay, and it hears of each that there is no link for.
   */
  attachAll<A extends Attachment>(
    attachments: Iterable<A>,
    refused?: (attachment: A, error: KernelError) => void,
  ): Link[] {
    const links: Link[] = [];
    try {
      for (const attachment of attachments) {
        const { program, target, options } = attachment;
        try {
          links.push(this.attach(program, target, options));
        } catch (error) {
          if (refused === undefined || !(error instanceof KernelError)) throw error;
          refused(attachment, error);
        }
      }
      return links;
    } catch (error) {
      for (const link of links) link.close();
      throw error;
    }
  }

  /** A uprobe for each place in the file that has the probe. */
  #attachUsdt(program: LoadedProgram, target: Extract<AttachTarget, { kind: "usdt" }>, options: AttachOptions): Link {
    const source = this.#source("uprobe");
    const hasCookies = (): boolean =>
      (this.#hasCookies ??= helper({ kernel: this.#kernel }, "get_attach_cookie").supported);
    const { pid } = target;
    const inProcess = pid === undefined ? options : { ...options, pid };
    const places = usdtPlaces(target, options, hasCookies).map(({ path, offset, semaphoreOffset, cookie }) => {
      const uprobe = { kind: "uprobe", path, offset, onReturn: false } as const;
      const counted = semaphoreOffset === undefined ? inProcess : { ...inProcess, refCounterOffset: semaphoreOffset };
      return { request: uprobeEvent(source, uprobe, this.#firstCpu(), counted), cookie };
    });
    return this.#attachEvents(program, places, target);
  }

  #attachEvents(program: LoadedProgram, places: readonly Place[], target: AttachTarget): Link {
    const subject = describeTarget(target);
    const bonds: Bond[] = [];
    try {
      for (const { request, cookie } of places) {
        const event = perfEventOpen(this.#kernel, request);
        if (event < 0) throw openError(target, subject, -event);
        const { bond, binding } = bindProgram(
          this.#kernel,
          program.fd,
          new FileDescriptor(event),
          this.#binding,
          subject,
          cookie,
        );
        this.#binding = binding;
        bonds.push(bond);
      }
    } catch (error) {
      new Link(this.#kernel, subject, "", bonds).close();
      throw error;
    }
    return new Link(this.#kernel, subject, this.#binding === "link" ? "perf event link" : "perf event", bonds);
  }

  #source(name: "kprobe" | "uprobe"): EventSource {
    const known = this.#sources.get(name) ?? readEventSource(name);
    this.#sources.set(name, known);
    return known;
  }

  #openTracefs(): string {
    return (this.#tracefs ??= openTracefs(this.#kernel));
  }

  #onlineCpus(): readonly number[] {
    return (this.#cpus ??= onlineCpus());
  }

  #firstCpu(): number {
    return this.#onlineCpus()[0] ?? 0;
  }
}
