/** Wrong scripts about programs and their debugging information. */
import { Dwarf } from "@sonde/bpf/dwarf";
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
];
