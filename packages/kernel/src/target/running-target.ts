/** What a compiler is told about the kernel that runs here. */
import type { Btf } from "@sonde/bpf/btf";
import type { ProbeProvider, Target, TargetFacts, TargetFeatures, TracepointFormat } from "@sonde/bpf/spec";
import { targetFeatures } from "../features/target-features.ts";
import { possibleCpus } from "../sys/cpus.ts";
import { type Kernel, openKernel } from "../sys/index.ts";
import { functionsOf, symbolOffset } from "../symbols/functions.ts";
import { resolveBinary } from "../symbols/library.ts";
import { matchTracepoints, readTracepoint } from "../tracefs/events.ts";
import { matchFunctions } from "../tracefs/functions.ts";
import { findTracefs, openTracefs } from "../tracefs/mount.ts";
import { isPattern, patternMatcher } from "../tracefs/pattern.ts";
import { type Cache, userCache } from "./cache.ts";
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
  readonly facts: TargetFacts = { cpus: () => possibleCpus().length };
  #btf: Btf | undefined | null = null;
  #tracefs: string | undefined;

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
        return matchFunctions({ tracefs: findTracefs(), btf: this.btf, typed: true }, pattern);
      case "uprobe":
        return matchUserFunctions(pattern);
    }
  }

  #openTracefs(): string {
    return (this.#tracefs ??= openTracefs(this.#kernel));
  }
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

/** "PATH:PATTERN", answered with the path as it was given. Errors: ElfError for a file of another kind. */
function matchUserFunctions(pattern: string): string[] {
  const colon = pattern.lastIndexOf(":");
  if (colon < 0) return [];
  const path = pattern.slice(0, colon);
  const name = pattern.slice(colon + 1);
  const file = resolveBinary(path);
  if (file === undefined) return [];
  if (!isPattern(name)) return symbolOffset(file, name) === undefined ? [] : [pattern];
  return functionsOf(file, name).map((found) => `${path}:${found}`);
}
