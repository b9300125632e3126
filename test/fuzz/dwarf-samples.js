// Debugging information to damage: a program in several ways, its sections packed behind one another.
import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build, sourceOf } from "../../packages/bpf/dist/dwarf/testing/programs.js";

/** The sections that are read; a sample begins with the size of each in four bytes. */
export const PACKED_SECTIONS = [
  ".debug_info",
  ".debug_abbrev",
  ".debug_line",
  ".debug_str",
  ".debug_line_str",
  ".debug_aranges",
  ".debug_ranges",
  ".debug_rnglists",
  ".debug_loc",
  ".debug_loclists",
  ".debug_addr",
  ".debug_str_offsets",
  ".debug_types",
];

/** @type {readonly (readonly [string, ...string[]])[]} */
const WAYS = [
  ["gcc", "-gdwarf-2", "-O2"],
  ["gcc", "-gdwarf-5", "-O2"],
  ["gcc", "-gdwarf-4", "-fdebug-types-section"],
  ["gcc", "-g", "-fdebug-types-section"],
  ["gcc", "-g", "-gdwarf64", "-O2"],
  ["clang-16", "-gdwarf-4", "-O2"],
  ["clang-16", "-gdwarf-5", "-O2"],
];

/** @returns {import("./mutate.js").Sample[]} */
export function dwarfSamples() {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-fuzz-"));
  try {
    return WAYS.map(([compiler, ...options], index) => {
      const file = build(folder, `program${index}`, "dwarf-orders.c", compiler, ...options);
      return packed([compiler, ...options].join(" "), file);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} name @param {string} file @returns {import("./mutate.js").Sample} */
function packed(name, file) {
  const source = sourceOf(file);
  const parts = PACKED_SECTIONS.map((section) => {
    const bytes = source.section(section);
    return bytes === undefined ? new Uint8Array() : bytes.slice(0, bytes.size);
  });
  const header = new Uint8Array(Uint32Array.from(parts, ({ length }) => length).buffer);
  const bytes = new Uint8Array(Buffer.concat([header, ...parts]));
  let offset = header.length;
  const regions = parts.flatMap((part) => {
    const region = { offset, size: part.length };
    offset += part.length;
    return part.length > 0 ? [region] : [];
  });
  return { name, bytes, regions: [{ offset: 0, size: header.length }, ...regions], words: [], resizable: true };
}
