/** What few scripts ask of the running system; each is looked up when it is asked for. */
import { statSync } from "node:fs";
import type { TargetFacts, UsdtPlaces } from "@sonde/bpf/spec";
import { parseArguments } from "../links/usdt/arguments.ts";
import { usdtNotes } from "../links/usdt/notes.ts";
import { mappedFiles } from "./user-probes.ts";
import { possibleCpus } from "../sys/index.ts";
import { symbolPlace } from "../symbols/functions.ts";
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
    mappedFiles,
    cgroupId: (path) => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino,
  };
}
