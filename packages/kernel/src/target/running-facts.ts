/** What few scripts ask of the running system; each is looked up when it is asked for. */
import { statSync } from "node:fs";
import type { TargetFacts, UsdtPlaces, UserDebugInfo } from "@sonde/bpf/spec";
import { parseArguments } from "../links/usdt/arguments.ts";
import { usdtNotes } from "../links/usdt/notes.ts";
import { mappedFiles } from "./user-probes.ts";
import { programFunctions } from "../objects/functions.ts";
import { openKernel, pidNamespace, possibleCpus } from "../sys/index.ts";
import { openDebugInfo } from "../symbols/debug-info.ts";
import { ElfFile } from "../symbols/elf.ts";
import { symbolPlace } from "../symbols/functions.ts";
import { instructionAt } from "../symbols/instructions.ts";
import { KernelSymbols } from "../symbols/kallsyms.ts";
import { resolveBinary } from "../symbols/library.ts";

/** Places of one probe, gathered by what their notes say of the arguments. */
function usdtPlacesOf(path: string, provider: string, name: string): UsdtPlaces[] {
  const file = resolveBinary(path);
  const notes = file === undefined ? [] : usdtNotes(file);
  const texts = new Set(
    notes.filter((note) => note.provider === provider && note.name === name).map((note) => note.arguments),
  );
  return Array.from(texts, (text) => ({ text, arguments: parseArguments(text) }));
}

/** Files are opened once, and anew when another program is in their place: an agent lives longer than what it watches. */
function debugInfoReader(): TargetFacts["debugInfo"] {
  const known = new Map<string, { readonly build: string; readonly info: UserDebugInfo | undefined }>();
  return (path) => {
    const file = resolveBinary(path);
    if (file === undefined) return undefined;
    const { dev, ino, size, mtimeMs } = statSync(file);
    const build = `${dev}:${ino}:${size}:${mtimeMs}`;
    let entry = known.get(file);
    if (entry?.build !== build) {
      entry?.info?.dwarf[Symbol.dispose]();
      entry = { build, info: debugInfoOf(file) };
      known.set(file, entry);
    }
    return entry.info;
  };
}

function debugInfoOf(file: string): UserDebugInfo | undefined {
  const dwarf = openDebugInfo(file);
  if (dwarf === undefined) return undefined;
  using elf = ElfFile.open(file);
  const segments = elf.segments();
  return {
    dwarf,
    fileOffset(address) {
      const segment = segments.find((s) => s.executable && address >= s.address && address < s.address + s.size);
      return segment && address - segment.address + segment.offset;
    },
  };
}

export function runningFacts(): TargetFacts {
  let kernel: KernelSymbols | undefined;
  return {
    cpus: () => possibleCpus().length,
    kernelSymbol: (name) => (kernel ??= KernelSymbols.read()).addressOf(name),
    userSymbol(path, name) {
      const file = resolveBinary(path);
      return file === undefined ? undefined : symbolPlace(file, name);
    },
    usdt: usdtPlacesOf,
    debugInfo: debugInfoReader(),
    instruction(path, place) {
      const file = resolveBinary(path);
      return file === undefined ? undefined : instructionAt(file, place);
    },
    mappedFiles,
    pidNamespace,
    bpfParameters: (program, name) =>
      programFunctions(openKernel(), program).find((each) => each.name === name)?.parameters,
    cgroupId: (path) => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino,
  };
}
