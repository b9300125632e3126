/** Wrong scripts about programs and their debugging information. */
import { Dwarf, DwarfError, inMemory, type Entry } from "@sonde/bpf/dwarf";
import type { Target, TargetFacts } from "@sonde/bpf/spec";
import type { Case } from "./case.ts";
import { withFacts } from "./target.ts";

/** A program with debugging information, none of it of the line that is asked for. */
function withLines(stops: { readonly known: boolean; readonly next: number | undefined }): Target {
  const dwarf = new Dwarf({ section: () => undefined });
  dwarf.stops = () => ({ addresses: [], ...stops });
  const facts = withFacts.facts as TargetFacts;
  return { ...withFacts, facts: { ...facts, debugInfo: () => ({ dwarf, fileOffset: () => undefined }) } };
}

/** Debugging information of `main(double rate)` at 0x10, as DWARF 4 writes it. */
function mainOfDouble(): Dwarf {
  const text = (name: string): readonly number[] => [...new TextEncoder().encode(name), 0];
  const long = (value: number): readonly number[] => [value, 0, 0, 0, 0, 0, 0, 0];
  const shapes = [
    ...[1, 0x11, 1, 0x11, 0x01, 0x12, 0x07, 0, 0], // compile_unit: low_pc addr, high_pc data8
    ...[2, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0x3f, 0x19, 0, 0], // subprogram: name, low_pc, high_pc, external
    ...[3, 0x05, 0, 0x03, 0x08, 0x49, 0x13, 0, 0], // formal_parameter: name string, type ref4
    ...[4, 0x24, 0, 0x03, 0x08, 0x3e, 0x0b, 0x0b, 0x0b, 0, 0, 0], // base_type: name, encoding data1, byte_size data1
  ];
  const root = [1, ...long(0x10), ...long(0x20)];
  const main = [2, ...text("main"), ...long(0x10), ...long(0x20)];
  const rate = [3, ...text("rate")];
  const header = 11;
  const double = header + root.length + main.length + rate.length + 4 + 1;
  const entries = [...root, ...main, ...rate, double, 0, 0, 0, 0, 4, ...text("double"), 4, 8, 0];
  const info = [header - 4 + entries.length, 0, 0, 0, 4, 0, 0, 0, 0, 0, 8, ...entries];
  const sections = new Map([
    [".debug_abbrev", inMemory(Uint8Array.from(shapes))],
    [".debug_info", inMemory(Uint8Array.from(info))],
  ]);
  return new Dwarf({ section: (name) => sections.get(name) });
}

/** A program in which `parse` was inlined. */
function withInlined(): Target {
  const { facts } = withMain();
  const dwarf = mainOfDouble();
  const entry = dwarf.functionAt(0x10) as Entry;
  dwarf.inlinedAt = () => [{ address: 0x14, entry }];
  return {
    ...withFacts,
    facts: { ...(facts as TargetFacts), debugInfo: () => ({ dwarf, fileOffset: (address) => address }) },
  };
}

function withDamage(): Target {
  const dwarf = new Dwarf({ section: () => undefined });
  dwarf.stops = () => {
    throw new DwarfError(".debug_info: a unit of 3 bytes at 0 is larger than the section (2)");
  };
  const facts = withFacts.facts as TargetFacts;
  return { ...withFacts, facts: { ...facts, debugInfo: () => ({ dwarf, fileOffset: () => undefined }) } };
}

function withMain(): Target {
  const facts = withFacts.facts as TargetFacts;
  return {
    ...withFacts,
    facts: {
      ...facts,
      userSymbol: () => ({ address: 0x10n, size: 0x20 }),
      debugInfo: () => ({ dwarf: mainOfDouble(), fileOffset: () => undefined }),
    },
  };
}

export const programCases: readonly Case[] = [
  {
    source: "«uprobe:/bin/bash@parse.c:10» { }",
    code: "SND1215",
    message: "uprobe:/bin/bash@parse.c:10 names a source line, and /bin/bash has no debugging information",
    target: withFacts,
  },
  {
    source: "«uprobe:/bin/bash@parse.c:10» { }",
    code: "SND1222",
    message: "/bin/bash has no code of line 10 of parse.c",
    hint: "the next line with code is 12",
    target: withLines({ known: true, next: 12 }),
  },
  {
    source: "«uprobe:/bin/bash@parse.c:10» { }",
    code: "SND1222",
    message: "/bin/bash was not made of a file parse.c",
    hint: /end of its path/,
    target: withLines({ known: false, next: undefined }),
  },
  {
    source: "«uprobe:/bin/bash@parse.c:ten» { }",
    code: "SND1201",
    message: "uprobe:/bin/bash@parse.c:ten is not a complete probe",
    hint: "expected uprobe:PATH@FILE:LINE or uprobe:PATH@FILE:LINE:COLUMN",
    target: withFacts,
  },
  {
    source: "uprobe:/bin/bash:main { print(«args».argc); }",
    code: "SND1340",
    message: "the arguments of uprobe:/bin/bash:main are not known: /bin/bash has no debugging information",
    hint: /compile it with -g/,
    target: withFacts,
  },
  {
    source: "uprobe:/bin/bash:main { print(args.«rate»); }",
    code: "SND1341",
    message: "the argument rate can't be read: a floating-point number, whose register the kernel does not hand over",
    target: withMain(),
  },
  {
    source: "uprobe:/bin/bash:main { print(args.«rat»); }",
    code: "SND1303",
    message: "uprobe:/bin/bash:main has no field rat",
    hint: "did you mean rate?",
    target: withMain(),
  },
  {
    source: "«uprobe:/bin/bash:parse» { }",
    code: "SND1223",
    message: "parse has no code of its own in /bin/bash: it was inlined once",
    hint: /probe_inline = true/,
    target: withInlined(),
  },
  {
    source: "«uprobe:/bin/bash@parse.c:10» { }",
    code: "SND1224",
    message:
      "the debugging information of /bin/bash cannot be read: .debug_info: a unit of 3 bytes at 0 is larger than the section (2)",
    target: withDamage(),
  },
  {
    source: "«uprobe:/bin/bash:main+6» { }",
    code: "SND1225",
    message: "uprobe:/bin/bash:main+6 is amid an instruction: a breakpoint there would break the program",
    hint: "instructions begin at 0x4 and 0x8",
    target: withMain(),
  },
  {
    source: "«uprobe:/bin/bash:main+0x20» { }",
    code: "SND1226",
    message: "uprobe:/bin/bash:main+0x20 is outside of main, which has 32 bytes",
    target: withMain(),
  },
];
