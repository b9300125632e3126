/** The settings of a `config` block. */
import type { StackMode } from "@sonde/bpf/spec";
import { didYouMean, type Diagnostics } from "../../diagnostics/index.ts";
import type { ConfigEntry, Span } from "../ast.ts";
import * as messages from "../messages/settings.ts";
import type { CheckedConfig } from "../types.ts";

/** A check of one setting's value: the value to keep, or what was expected instead. */
type Reader = (value: string) => { readonly value: unknown } | { readonly expected: string };

/** Where the value goes, and how it is read; or why there is nothing to set here. */
type Setting = { readonly key: keyof Settings; readonly read: Reader } | { readonly instead: string };

/** Features that bpftrace calls unstable, by the settings that allow, warn of or refuse them. */
export type Unstable =
  | "unstable_addr"
  | "unstable_import"
  | "unstable_macro"
  | "unstable_map_decl"
  | "unstable_tseries"
  | "unstable_dw_ustack";

/** The settings that lowering needs, and those that only the checker does. */
export interface Settings extends CheckedConfig {
  readonly maxProbes: number;
  readonly maxPrograms: number;
  /** Whether probes of a function are also where copies of it were inlined. */
  readonly probeInline: boolean;
  /** What is not here is allowed. */
  readonly unstable: Readonly<Partial<Record<Unstable, "error" | "warn" | "enable">>>;
}

/** Those that the kernel takes for compatible with its own: it lends most helpers to no others. */
const LICENSES = [
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
] as const;

export const STACK_MODES: readonly StackMode[] = ["bpftrace", "perf", "raw", "build_id"];

const SETTINGS: Readonly<Record<string, Setting>> = {
  max_map_keys: { key: "maxMapKeys", read: number(1, 100_000_000) },
  max_strlen: { key: "maxStrlen", read: number(1, 16384) },
  max_probes: { key: "maxProbes", read: number(1, 1_000_000) },
  perf_rb_pages: { key: "ringPages", read: number(1, 1 << 18) },
  probe_inline: { key: "probeInline", read: boolean },
  print_maps_on_exit: { key: "printMapsOnExit", read: boolean },
  stack_mode: { key: "stackMode", read: choice(...STACK_MODES) },
  call_graph: { key: "callGraph", read: choice("fp", "dwarf") },
  missing_probes: { key: "missingProbes", read: choice("error", "warn", "ignore") },
  cache_user_symbols: { instead: "symbols are looked up when they are printed, by each process's own mappings" },
  cpp_demangle: { key: "demangle", read: boolean },
  lazy_symbolication: { instead: "symbols are always looked up when they are printed" },
  license: { key: "license", read: choice(...LICENSES) },
  log_size: { instead: "the verifier's log is as large as it turns out to be" },
  max_bpf_progs: { key: "maxPrograms", read: number(1, 1_000_000) },
  max_cat_bytes: { key: "catBytes", read: number(1, 1 << 30) },
  on_stack_limit: { key: "onStackLimit", read: number(0, 512) },
  show_debug_info: { key: "sourceLines", read: boolean },
  str_trunc_trailer: { key: "strTruncTrailer", read: (value) => ({ value }) },
  use_blazesym: { instead: "there is no such library" },
  unstable_addr: { key: "unstable", read: unstable },
  unstable_import: { key: "unstable", read: unstable },
  unstable_macro: { key: "unstable", read: unstable },
  unstable_map_decl: { key: "unstable", read: unstable },
  unstable_tseries: { key: "unstable", read: unstable },
  unstable_dw_ustack: { key: "unstable", read: unstable },
};

/** Those of the settings that an environment holds, as BPFTRACE_MAX_STRLEN; other variables of that kind are none. */
export function environmentSettings(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && name.startsWith("BPFTRACE_") && Object.hasOwn(SETTINGS, settingOf(name)))
      found[settingOf(name)] = value;
  return found;
}

function settingOf(written: string): string {
  return written.toLowerCase().replace(/^bpftrace_/, "");
}

/** The script's settings, those in `outer` (by the same names) winning over them. */
export function checkConfig(
  entries: readonly ConfigEntry[],
  outer: Readonly<Record<string, string>>,
  diagnostics: Diagnostics,
): Settings {
  const values: Partial<Record<keyof Settings, unknown>> = {};
  const set = (written: string, value: string, span: Span): void => {
    const name = settingOf(written);
    const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    if (setting === undefined) {
      diagnostics.report(messages.unknownSetting, span, written, didYouMean(name, Object.keys(SETTINGS)));
    } else if ("instead" in setting) {
      diagnostics.report(messages.settingWithoutEffect, span, name, setting.instead);
    } else {
      const result = setting.read(value);
      if ("expected" in result) diagnostics.report(messages.badSetting, span, name, value, result.expected);
      else if (setting.key !== "unstable") values[setting.key] = result.value;
      else values.unstable = { ...(values.unstable as Settings["unstable"] | undefined), [name]: result.value };
    }
  };
  for (const entry of entries) set(entry.name, entry.value, entry.span);
  for (const [name, value] of Object.entries(outer)) set(name, value, { start: 0, end: 0 });
  // Each reader gives what its key holds.
  return { ...defaults(), ...(values as Partial<Settings>) };
}

function defaults(): Settings {
  return {
    maxMapKeys: 4096,
    maxStrlen: 1024,
    maxProbes: 1024,
    maxPrograms: 1024,
    license: "GPL",
    onStackLimit: 64,
    ringPages: undefined,
    catBytes: undefined,
    strTruncTrailer: "..",
    unstable: {},
    printMapsOnExit: true,
    stackMode: "bpftrace",
    demangle: true,
    sourceLines: true,
    callGraph: "fp",
    missingProbes: "error",
    probeInline: false,
  };
}

function number(least: number, most: number): Reader {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    return value >= least && value <= most ? { value } : { expected: `a number from ${least} to ${most}` };
  };
}

function boolean(text: string): ReturnType<Reader> {
  if (text === "true" || text === "1") return { value: true };
  return text === "false" || text === "0" ? { value: false } : { expected: "true or false" };
}

function unstable(text: string): ReturnType<Reader> {
  if (text === "true" || text === "1") return { value: "enable" };
  if (text === "false" || text === "0") return { value: "error" };
  return choice("error", "warn", "enable")(text);
}

function choice(...names: readonly string[]): Reader {
  return (text) => (names.includes(text) ? { value: text } : { expected: names.join(", ") });
}
