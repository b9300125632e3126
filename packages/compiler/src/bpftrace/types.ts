/**
 * The language's types, and what the checker hands to lowering: the tree, and beside it the type of
 * every expression, the layout of every map, and every probe's attach points expanded and grouped.
 */
import type {
  AttachTarget,
  Naming,
  SeriesKeep,
  StackMode,
  Target,
  TracepointFormat,
  UsdtArgument,
} from "@sonde/bpf/spec";
import type { Expr, MapRef, Probe, Script } from "./ast.ts";
import type { CheckOptions } from "./check/program.ts";

export interface IntType {
  readonly kind: "int";
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

export type Type =
  | { readonly kind: "none" }
  | IntType
  | { readonly kind: "bool" }
  /** `size` bytes, the terminating NUL included. */
  | {
      readonly kind: "string";
      readonly size: number;
      /** What is shown behind a text that fills it, since it may have been cut. */
      readonly cut?: string;
    }
  /** At most `size` bytes. */
  | { readonly kind: "buffer"; readonly size: number }
  /** `space` says how what it points to must be read. `trusted`: the verifier allows direct loads. */
  | { readonly kind: "pointer"; readonly to: Type; readonly space: AddressSpace; readonly trusted: boolean }
  /** A struct or union by its id in the Target's BTF. As a value it stands for its address (in `space`). */
  | {
      readonly kind: "struct";
      readonly typeId: number;
      readonly name: string;
      readonly size: number;
      readonly space: AddressSpace;
      readonly trusted: boolean;
    }
  | {
      readonly kind: "array";
      readonly element: Type;
      readonly length: number;
      readonly space: AddressSpace;
      readonly trusted: boolean;
    }
  | {
      readonly kind: "enum";
      readonly name: string;
      readonly size: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly names: Readonly<Record<string, string>>;
    }
  /** `args`: the probe's own arguments. */
  | { readonly kind: "args" }
  /** With names it is a record. */
  | { readonly kind: "tuple"; readonly items: readonly Type[]; readonly names?: readonly string[] }
  | {
      readonly kind: "stack";
      readonly user: boolean;
      readonly mode: StackMode;
      readonly frames: number;
      /** Unwound by the tables of `.eh_frame`, not by frame pointers. */
      readonly unwound: boolean;
    }
  | { readonly kind: "symbol"; readonly user: boolean }
  /** A number whose text is found when it is printed; `size` in bytes as kept. */
  | { readonly kind: "named"; readonly by: Naming; readonly size: number }
  | { readonly kind: "void" };

/** Context memory and the like ("program") is read directly; the others through their helpers. */
export type AddressSpace = "kernel" | "user" | "program";

export type Aggregate =
  | { readonly kind: "count" }
  | { readonly kind: "sum" | "min" | "max" | "avg" | "stats"; readonly signed: boolean }
  | { readonly kind: "hist"; readonly bits: number }
  | { readonly kind: "lhist"; readonly min: number; readonly max: number; readonly step: number }
  | {
      readonly kind: "tseries";
      /** Nanoseconds. */
      readonly interval: number;
      readonly intervals: number;
      readonly keep: SeriesKeep;
      readonly signed: boolean;
    };

export interface MapInfo {
  readonly name: string;
  /** Empty: a map without keys. */
  readonly keys: readonly Type[];
  /** Either an aggregation or a scalar's type. */
  readonly value:
    | { readonly kind: "aggregate"; readonly aggregate: Aggregate }
    | { readonly kind: "scalar"; readonly type: Type };
  readonly maxEntries: number;
  /** From a declaration, such as "lruhash". */
  readonly declaredType: string | undefined;
}

/** Where `args` and argN come from. */
export type ArgumentSource =
  | { readonly kind: "none" }
  /** Fields of the record that the context points to. */
  | { readonly kind: "tracepoint"; readonly format: TracepointFormat }
  /** u64 values at context + 8 * index; typed by the BTF prototype when one is known. */
  | {
      readonly kind: "array";
      readonly params: readonly { readonly name: string; readonly type: Type }[];
      readonly result: Type | undefined;
    }
  /** struct pt_regs in the context, and in it or behind it the arguments where the probe's note says. */
  | { readonly kind: "usdt"; readonly places: readonly UsdtArgument[] }
  /** struct pt_regs in the context: argN and retval by the calling convention; `params` when the function's prototype is known. */
  | {
      readonly kind: "registers";
      readonly params: readonly RegisterParam[];
      readonly result: Type | undefined;
      /** Why nothing is known of the parameters. */
      readonly missing?: string;
    };

export interface RegisterParam {
  readonly name: string;
  readonly type: Type;
  /** Where it is not, as others, in the argument register of its number. */
  readonly place?: ParamPlace;
  /** Why its type is `none`. */
  readonly why?: string;
}

/** Where an argument is when a function is entered; offsets of registers are those in struct pt_regs. */
export type ParamPlace =
  | { readonly kind: "register"; readonly register: number; readonly plus?: number }
  /** A small struct, eight bytes in each register. */
  | { readonly kind: "struct"; readonly registers: readonly number[] }
  /** In memory, so many bytes from where a register points: the stack pointer, mostly. */
  | { readonly kind: "memory"; readonly pointer: number; readonly offset: number }
  | { readonly kind: "constant"; readonly value: bigint };

/** Attach points of one probe that can share one compiled program: the same kind of context and arguments. */
export interface ProbeVariant {
  readonly probe: Probe;
  /** As in ProgramSpec. */
  readonly programType: "tracepoint" | "raw_tracepoint" | "tracing" | "kprobe" | "perf_event";
  readonly attach: readonly AttachTarget[];
  /** For messages and the `probe` builtin: the text of the one point, or the first. */
  readonly title: string;
  readonly arguments: ArgumentSource;
  /** Its own type table: the same expression can have other types in another variant. */
  readonly types: ReadonlyMap<Expr, Type>;
  /** Expressions whose value is known already: enum constants and #defines (Identifier), sizeof, offsetof, numeric positional parameters; a bigint, or a string's text. */
  readonly constants: ReadonlyMap<Expr, bigint | string>;
  /** Expressions that stand for others: `args` for the record of its fields. */
  readonly replacements: ReadonlyMap<Expr, Expr>;
  /** User space is what helpers like `str` read from by default here (uprobe). */
  readonly user: boolean;
}

/** A named option of the script. */
export interface ScriptOption {
  readonly name: string;
  readonly kind: "int" | "bool" | "string";
  /** The default; 0 and 1 stand for false and true. */
  readonly initial: bigint | string;
  /** May be empty. */
  readonly help: string;
}

export interface CheckedProgram {
  readonly script: Script;
  readonly variants: readonly ProbeVariant[];
  readonly maps: ReadonlyMap<string, MapInfo>;
  readonly config: CheckedConfig;
  /** What was given with the script: its parameters, the command's process. */
  readonly given: CheckOptions;
  /** Positional parameters as given: `$1` is params[0]. */
  readonly params: readonly string[];
  /** Map references that are arguments of map functions (print, clear, delete, len) rather than reads. */
  readonly mapArguments: ReadonlySet<MapRef>;
  /** Aggregations whose values programs read. */
  readonly aggregatesRead: ReadonlySet<string>;
  /** What the script was checked for: its types are the script's own, then the kernel's. */
  readonly target: Target;
  /** Types with this id or a higher one are the script's own: they lie as written, on every kernel. */
  readonly firstOwnType: number;
  /** What a user may set: those that getopt() names, in the order of their first use. */
  readonly options: readonly ScriptOption[];
  /** Remarks on the attach points, shown under -v: "fentry:vfs_read is attached as kprobe:vfs_read: ...". */
  readonly remarks: readonly string[];
}

export interface CheckedConfig {
  readonly maxMapKeys: number;
  readonly maxStrlen: number;
  readonly printMapsOnExit: boolean;
  /** As the kernel is told. */
  readonly license: string;
  /** Bytes; larger values of a program lie in memory of its own rather than on its stack. */
  readonly onStackLimit: number;
  readonly stackMode: StackMode;
  /** Whether names of C++ and Rust are shown as their authors wrote them. */
  readonly demangle: boolean;
  /** Of user stacks. */
  readonly sourceLines: boolean;
  /** How `ustack` finds the frames: perf's --call-graph. */
  readonly callGraph: "fp" | "dwarf";
  /** Size of the ring buffer in pages of 4096 bytes, rounded up to a power of two; by its records unless given. */
  readonly ringPages: number | undefined;
  readonly missingProbes: "error" | "warn" | "ignore";
  /** The most that cat() reads of a file; the session's own choice unless given. */
  readonly catBytes: number | undefined;
  /** Behind strings that were cut for want of room; may be empty. */
  readonly strTruncTrailer: string;
}
