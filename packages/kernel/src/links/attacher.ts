/** Attaches loaded programs to where their events happen. */
import type { AttachTarget } from "@sonde/bpf/spec";
import { FileDescriptor, type Kernel, onlineCpus, rawTracepointOpen } from "../sys/index.ts";
import { openTracefs } from "../tracefs/mount.ts";
import { describeTarget } from "./describe.ts";
import { type EventSource, readEventSource } from "./event-source.ts";
import { type Bond, Link } from "./link.ts";
import { type Binding, type PerfEventRequest, bindProgram, perfEventOpen } from "./perf-event.ts";
import { openError } from "./open-error.ts";
import { kprobeEvent, softwareEvent, tracepointEvent, uprobeEvent } from "./requests.ts";

/** A program that the kernel holds. */
export interface LoadedProgram {
  readonly fd: number;
}

export interface Attachment {
  readonly program: LoadedProgram;
  readonly target: AttachTarget;
}

/** Attaches one session's programs; what it learns of the kernel on the way it keeps for the next one. */
export class Attacher {
  readonly #kernel: Kernel;
  readonly #sources = new Map<"kprobe" | "uprobe", EventSource>();
  #tracefs: string | undefined;
  #cpus: readonly number[] | undefined;
  #binding: Binding | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Errors: KernelError when the kernel refuses, UnsupportedFeatureError when it can't attach such
   * programs at all. Nothing is attached then.
   */
  attach(program: LoadedProgram, target: AttachTarget): Link {
    const subject = describeTarget(target);
    switch (target.kind) {
      case "run":
        throw new TypeError(`a program for "${target.when}" is run, not attached`);
      case "rawTracepoint":
        return this.#attachRaw(program, target.name, subject, "raw tracepoint link");
      case "btfTracepoint":
        return this.#attachRaw(program, undefined, subject, "BTF tracepoint link");
      case "fentry":
        return this.#attachRaw(program, undefined, subject, "trampoline link");
      case "tracepoint":
        return this.#attachEvents(program, [tracepointEvent(this.#openTracefs(), target, this.#firstCpu())], target);
      case "kprobe":
        return this.#attachEvents(program, [kprobeEvent(this.#source("kprobe"), target, this.#firstCpu())], target);
      case "uprobe":
        return this.#attachEvents(program, [uprobeEvent(this.#source("uprobe"), target, this.#firstCpu())], target);
      case "perfEvent": {
        const cpus = target.cpus === "all" ? this.#onlineCpus() : [this.#firstCpu()];
        return this.#attachEvents(program, cpus.map((cpu) => softwareEvent(target, cpu)), target);
      }
      default:
        throw new TypeError(`a program cannot be attached to a ${target.kind} this way: ${subject}`);
    }
  }

  /** Attaches all in order, or none: if one is refused those before it are detached again. */
  attachAll(attachments: Iterable<Attachment>): Link[] {
    const links: Link[] = [];
    try {
      for (const { program, target } of attachments) links.push(this.attach(program, target));
      return links;
    } catch (error) {
      for (const link of links) link.close();
      throw error;
    }
  }

  #attachRaw(program: LoadedProgram, name: string | undefined, subject: string, road: string): Link {
    return new Link(this.#kernel, subject, road, [{ program: rawTracepointOpen(this.#kernel, program.fd, name, subject) }]);
  }

  #attachEvents(program: LoadedProgram, requests: readonly PerfEventRequest[], target: AttachTarget): Link {
    const subject = describeTarget(target);
    const bonds: Bond[] = [];
    try {
      for (const request of requests) {
        const event = perfEventOpen(this.#kernel, request);
        if (event < 0) throw openError(target, subject, -event);
        const { bond, binding } = bindProgram(this.#kernel, program.fd, new FileDescriptor(event), this.#binding, subject);
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
