/**
 * What a compiler is told about a kernel. It is a value made elsewhere (from the running kernel, or
 * from files in a test), so that compiling never touches a kernel.
 */
import type { Btf } from "../btf/btf.ts";
import type { Dwarf } from "../dwarf/index.ts";

export interface Target {
  readonly arch: "x86_64" | "aarch64";
  /** The kernel's types. */
  readonly btf: Btf | undefined;
  /** What the kernel can attach; asked only when a program needs to know. */
  readonly features: TargetFeatures;
  /** The fields of a tracepoint's record by its format file, or undefined if there is no such tracepoint. */
  tracepoint(category: string, name: string): TracepointFormat | undefined;
  /**
   * Every attach point of a provider whose name matches a pattern with `*` and `?` and `[...]`,
   * sorted, without the provider's own name: "sched:sched_switch", "vfs_read".
   * For uprobes the pattern is "PATH:SYMBOL"; for functions of BPF programs, which are fentry's, "bpf:[ID:]NAME".
   */
  probes(provider: ProbeProvider, pattern: string): readonly string[];
  /** What few scripts ask for; absent where nothing is known of a running system. */
  readonly facts?: TargetFacts;
}

/** Each is looked up when it is asked for; undefined where there is no such thing. */
export interface TargetFacts {
  /** The number of possible CPUs. */
  cpus(): number;
  /** The address of a symbol of the kernel or its modules. */
  kernelSymbol(name: string): bigint | undefined;
  /** Address and size in bytes of a symbol of a program or library, as its file says. */
  userSymbol(path: string, name: string): { readonly address: bigint; readonly size: number } | undefined;
  /** How many parameters a function of a loaded BPF program has. */
  bpfParameters?(program: number, name: string): number | undefined;
  /** The pid namespace in which numbers of processes are meant; undefined for the initial one. */
  pidNamespace?(): { readonly device: bigint; readonly inode: bigint } | undefined;
  /** The id of the control group (v2) at a path. */
  cgroupId(path: string): bigint | undefined;
  /** The places of a usdt probe, by where its arguments are there. Errors: Error for a place that cannot be read. */
  usdt(path: string, provider: string, name: string): readonly UsdtPlaces[];
  /** The debugging information of a program or library; undefined where it has none. Errors: Error for a file that cannot be read. */
  debugInfo(path: string): UserDebugInfo | undefined;
  /** The instruction that holds a byte of a program; undefined where the code cannot be told. */
  instruction(path: string, place: CodePlace): InstructionBounds | undefined;
  /** Programs and libraries whose code a process has mapped; of every process if none is given. */
  mappedFiles(pid?: number): readonly string[];
}

/** A byte of a program's code: an offset from a symbol or, without one, in the file. */
export interface CodePlace {
  readonly symbol?: string;
  readonly offset: number;
}

/** Where an instruction begins and where the next one does, counted as the place is. */
export interface InstructionBounds {
  readonly start: number;
  readonly end: number;
}

export interface UserDebugInfo {
  /** By the addresses that the file's symbols have. */
  readonly dwarf: Dwarf;
  /** Where in the file the code at such an address is; undefined for one that is no code's. */
  fileOffset(address: number): number | undefined;
}

/** Places of a probe that have their arguments at the same places. */
export interface UsdtPlaces {
  /** As the note says it. */
  readonly text: string;
  readonly arguments: readonly UsdtArgument[];
}

export interface UsdtArgument {
  /** 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
  readonly place:
    | { readonly kind: "constant"; readonly value: bigint }
    /** Byte offset in struct pt_regs. */
    | { readonly kind: "register"; readonly register: number }
    /** At the address register + offset, or register + index * scale + offset. */
    | {
        readonly kind: "memory";
        readonly register: number;
        readonly offset: bigint;
        readonly index?: number;
        readonly scale?: number;
      };
}

export type ProbeProvider = "tracepoint" | "rawtracepoint" | "kprobe" | "fentry" | "uprobe" | "usdt" | "iter";

/** Each is a getter that may try something on the kernel the first time it is read. */
export interface TargetFeatures {
  readonly kprobe: boolean;
  /** One link for many functions (5.18). */
  readonly kprobeMulti?: boolean;
  readonly fentry: boolean;
  /** The helpers bpf_probe_read_{kernel,user}[_str] (5.5). */
  readonly probeReadKernel: boolean;
  /** BPF_ATOMIC with fetch, cmpxchg (5.12). */
  readonly atomics: boolean;
  /** bpf_get_current_cgroup_id answers for cgroup2; always from 4.18. */
  readonly ringbuf: boolean;
  /** bpf_get_func_ip and bpf_get_attach_cookie (5.15). */
  readonly cookie: boolean;
  /** bpf_for_each_map_elem (5.13). */
  readonly forEachMapElem?: boolean;
  /** bpf_loop (5.17). */
  readonly loop?: boolean;
  /** Open-coded iterators over numbers: the kernel functions bpf_iter_num_new, _next and _destroy (6.4). */
  readonly numberIterator?: boolean;
  /** bpf_map_lookup_percpu_elem (5.19). */
  readonly lookupPercpu?: boolean;
  /** Hash maps whose entries are allocated when they come (BPF_F_NO_PREALLOC) serve every type of program (6.1). */
  readonly lateEntries?: boolean;
  /** The helper bpf_get_current_task_btf, whose answer programs may follow by direct loads (5.11). */
  readonly taskBtf?: boolean;
}

export interface TracepointFormat {
  readonly category: string;
  readonly name: string;
  readonly id: number;
  readonly fields: readonly TracepointField[];
}

export interface TracepointField {
  readonly name: string;
  /** C's declaration, without the name: "const char *", "char[16]", "__data_loc char[]". */
  readonly type: string;
  readonly offset: number;
  /** Bytes. For `__data_loc` fields 4: the low 16 bits are the offset in the record, the high ones the length. */
  readonly size: number;
  readonly signed: boolean;
}
