/** Loads a {@link RefusedProgram}, for tests. */
import { readFileSync } from "node:fs";
import { assemble } from "@sonde/bpf/asm";
import { BtfReader } from "@sonde/bpf/btf";
import type { Btf } from "@sonde/bpf/btf";
import { createMap } from "../../../maps/create.ts";
import type { Kernel } from "../../../sys/kernel.ts";
import { attachPoints } from "../../attach-point.ts";
import { encodeProgram } from "../../encode.ts";
import { load, prepareLoad } from "../../load.ts";
import { refusedMaps } from "./refused-programs.ts";
import type { RefusedProgram } from "./refused-programs.ts";

const FILE = "test.s";

/** What loading the program throws; undefined if the kernel takes it. */
export function refuse(kernel: Kernel, program: RefusedProgram): unknown {
  const maps = new Map(refusedMaps().map((spec) => [spec.name, createMap(kernel, spec)]));
  let btf: Btf | undefined;
  const object = {
    license: program.license ?? "GPL",
    mapFd: (name: string) => maps.get(name)!.fd,
    btf: undefined,
    vmlinux: () => (btf ??= new BtfReader(readFileSync("/sys/kernel/btf/vmlinux"))),
  };
  const spec = {
    name: "main",
    title: program.name,
    type: program.type ?? "raw_tracepoint",
    attach: program.tracepoint === undefined ? [] : [{ kind: "btfTracepoint", name: program.tracepoint } as const],
    instructions: instructionsOf(program.code),
    functions: new Map<string, number>(),
  };
  const prepared = prepareLoad(kernel, encodeProgram(spec, object), attachPoints(spec)[0]!, object);
  const request = { ...prepared.request, flags: program.flags ?? 0 };
  try {
    load(kernel, { ...prepared, request }).close();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    prepared.close();
    for (const map of maps.values()) map.close();
  }
}

/** Each instruction's source is its line of the text, as if it were a program of its own. */
function instructionsOf(code: string) {
  const source = code.split("\n");
  const lines = source.flatMap((text, index) =>
    /^\s*(\S+:)?\s*$/.test(text) ? [] : [{ file: FILE, line: index + 1, column: 1, text: text.trim() }],
  );
  return assemble(code).map((instruction, index) => ({ ...instruction, source: lines[index]! }));
}
