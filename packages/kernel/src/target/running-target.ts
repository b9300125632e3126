/** What a compiler is told about the kernel that runs here. */
import type { Btf } from "@sonde/bpf/btf";
import type { ProbeProvider, Target, TargetFacts, TargetFeatures, TracepointFormat } from "@sonde/bpf/spec";
import { targetFeatures } from "../features/target-features.ts";
import { type Kernel, openKernel } from "../sys/index.ts";
import { matchTracepoints, readTracepoint } from "../tracefs/events.ts";
import { matchFunctions } from "../tracefs/functions.ts";
import { findTracefs, openTracefs } from "../tracefs/mount.ts";
import { patternMatcher } from "../tracefs/pattern.ts";
import { type Cache, userCache } from "./cache.ts";
import { runningFacts } from "./running-facts.ts";
import { programFunctions } from "../objects/functions.ts";
import { matchUsdt, matchUserFunctions } from "./user-probes.ts";
import { openVmlinuxBtf } from "./vmlinux-btf.ts";

export interface RunningTargetOptions {
  readonly kernel?: Kernel;
  readonly cache?: Cache;
}

/** Everything in it is found out when it is first asked for. */
export function runningTarget(options: RunningTargetOptions = {}): Target {
  return new RunningTarget(options.kernel ?? openKernel(), options.cache ?? userCache());
}

class RunningTarget implements Target {
  readonly #kernel: Kernel;
  readonly #cache: Cache;
  readonly features: TargetFeatures;
  #btf: Btf | undefined | null = null;
  #tracefs: string | undefined;
  #facts: TargetFacts | undefined;

  constructor(kernel: Kernel, cache: Cache) {
    this.#kernel = kernel;
    this.#cache = cache;
    this.features = targetFeatures(kernel, cache, () => this.btf);
  }

  get arch(): Target["arch"] {
    switch (process.arch) {
      case "x64":
        return "x86_64";
      case "arm64":
        return "aarch64";
      default:
        throw new Error(`Sonde runs on x86_64 and aarch64, not on ${process.arch}`);
    }
  }

  get btf(): Btf | undefined {
    if (this.#btf === null) this.#btf = openVmlinuxBtf(this.#kernel, this.#cache);
    return this.#btf;
  }

  get facts(): TargetFacts {
    return (this.#facts ??= runningFacts());
  }

  tracepoint(category: string, name: string): TracepointFormat | undefined {
    return readTracepoint(this.#openTracefs(), category, name);
  }

  probes(provider: ProbeProvider, pattern: string): readonly string[] {
    switch (provider) {
      case "tracepoint":
        return matchTracepoints(this.#openTracefs(), pattern);
      case "rawtracepoint":
        return matchRawTracepoints(this.btf, pattern);
      case "kprobe":
        return matchFunctions({ tracefs: findTracefs(), btf: this.btf }, pattern);
      case "fentry":
        if (pattern.startsWith("bpf:")) return matchProgramFunctions(this.#kernel, pattern);
        return matchFunctions({ tracefs: findTracefs(), btf: this.btf, typed: true }, pattern);
      case "uprobe":
        return matchUserFunctions(pattern);
      case "usdt":
        return matchUsdt(pattern);
      case "iter":
        return matchIterators(this.btf, pattern);
    }
  }

  #openTracefs(): string {
    return (this.#tracefs ??= openTracefs(this.#kernel));
  }
}

/** The kernel has a function `bpf_iter_NAME` with a context `struct bpf_iter__NAME` for each of its iterators. */
function matchIterators(btf: Btf | undefined, pattern: string): string[] {
  const prefix = "bpf_iter__";
  const matches = patternMatcher(pattern);
  const found = new Set<string>();
  for (const struct of btf?.names("struct") ?? []) {
    const name = struct.startsWith(prefix) ? struct.slice(prefix.length) : "";
    if (name !== "" && matches(name) && btf?.find(`bpf_iter_${name}`, "func").length !== 0) found.add(name);
  }
  return [...found].sort();
}

/** "bpf:NAME" in every program, "bpf:ID:NAME" in one. */
function matchProgramFunctions(kernel: Kernel, pattern: string): string[] {
  const parts = pattern.split(":");
  const matches = patternMatcher(parts.at(-1) ?? "");
  const wanted = parts.length > 2 ? patternMatcher(parts[1] ?? "") : undefined;
  return programFunctions(kernel)
    .filter(({ program, name }) => matches(name) && (wanted === undefined || wanted(String(program))))
    .map(({ program, name }) => `bpf:${program}:${name}`);
}

/** BTF has a typedef `btf_trace_NAME` for every tracepoint's prototype. */
function matchRawTracepoints(btf: Btf | undefined, pattern: string): string[] {
  const prefix = "btf_trace_";
  const matches = patternMatcher(prefix + pattern);
  const found = new Set<string>();
  for (const name of btf?.names("typedef") ?? []) {
    if (name.startsWith(prefix) && matches(name)) found.add(name.slice(prefix.length));
  }
  return [...found].sort();
}
