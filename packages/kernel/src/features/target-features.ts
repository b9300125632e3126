/** What a compiler asks about a kernel: each tried when first asked for, and remembered on disk. */
import { readFileSync } from "node:fs";
import type { Btf } from "@sonde/bpf/btf";
import type { TargetFeatures } from "@sonde/bpf/spec";
import { AttachType, type Kernel } from "../sys/index.ts";
import type { Cache } from "../target/cache.ts";
import { fentry, kprobe, kprobeMulti } from "./attachments.ts";
import type { ProbeContext, Verdict } from "./feature.ts";
import { helper } from "./helpers.ts";
import { atomics } from "./kernel-state.ts";
import { kernelFunction } from "./kfuncs.ts";
import { ringbuf } from "./map-types.ts";
import { RememberedAnswers } from "./remembered.ts";

type Name = Exclude<keyof TargetFeatures, "lateEntries">;

const PROBES: Readonly<Record<Name, (context: ProbeContext) => Verdict>> = {
  kprobe: (context) => kprobe(context, false),
  kprobeMulti: (context) => kprobeMulti(context, AttachType.TRACE_KPROBE_MULTI),
  fentry,
  probeReadKernel: (context) => helper(context, "probe_read_kernel"),
  atomics,
  ringbuf,
  cookie: (context) => helper(context, "get_attach_cookie"),
  forEachMapElem: (context) => helper(context, "for_each_map_elem"),
  loop: (context) => helper(context, "loop"),
  numberIterator: (context) => kernelFunction(context, "bpf_iter_num_new"),
  lookupPercpu: (context) => helper(context, "map_lookup_percpu_elem"),
  taskBtf: (context) => helper(context, "get_current_task_btf"),
};

/** `btf` opens the kernel's types; it is called only when a feature needs them. */
export function targetFeatures(kernel: Kernel, cache: Cache, btf: () => Btf | undefined): TargetFeatures {
  const answers = new RememberedAnswers(cache, "features", (value) => typeof value === "boolean");
  const ask = (name: Name): boolean => answers.ask(name, () => PROBES[name]({ kernel, btf }).supported);
  return {
    get kprobe() {
      return ask("kprobe");
    },
    get kprobeMulti() {
      return isSince(5, 18) && ask("kprobeMulti");
    },
    get fentry() {
      return ask("fentry");
    },
    get probeReadKernel() {
      return ask("probeReadKernel");
    },
    get atomics() {
      return ask("atomics");
    },
    get ringbuf() {
      return ask("ringbuf");
    },
    get cookie() {
      return ask("cookie");
    },
    get forEachMapElem() {
      return ask("forEachMapElem");
    },
    get loop() {
      return ask("loop");
    },
    get numberIterator() {
      return isSince(6, 4) && ask("numberIterator");
    },
    get lookupPercpu() {
      return ask("lookupPercpu");
    },
    get taskBtf() {
      return ask("taskBtf");
    },
    get lateEntries() {
      return isSince(6, 1);
    },
  };
}

/** For what changed inside the kernel and cannot be tried. The file is read since node:os is slow to load. */
function isSince(major: number, minor: number): boolean {
  const [first = 0, second = 0] = readFileSync("/proc/sys/kernel/osrelease", "latin1")
    .split(".")
    .map(Number.parseFloat);
  return first > major || (first === major && second >= minor);
}
