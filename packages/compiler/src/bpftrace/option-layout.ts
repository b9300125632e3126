/** Where a script's options lie in the section that holds them, so that they can be set while its programs run. */
import type { DataType } from "@sonde/bpf/spec";
import type { ScriptOption } from "./types.ts";

/** Bytes that an option's text may take with its NUL. */
export const OPTION_TEXT = 64;
const WORD = 8;

export interface PlacedOption {
  readonly option: ScriptOption;
  readonly offset: number;
  readonly type: Extract<DataType, { readonly kind: "bool" | "int" | "string" }>;
}

/** In the order of {@link CheckedProgram.options}; numbers and booleans take a word each. */
export function placedOptions(options: readonly ScriptOption[]): readonly PlacedOption[] {
  let end = 0;
  return options.map((option) => {
    const offset = end;
    end += option.kind === "string" ? OPTION_TEXT : WORD;
    return { option, offset, type: typeOf(option) };
  });
}

/** The section with every option's default. */
export function optionDefaults(placed: readonly PlacedOption[]): Uint8Array {
  const last = placed.at(-1);
  const bytes = new Uint8Array(last === undefined ? 0 : last.offset + Math.max(last.type.size, WORD));
  const view = new DataView(bytes.buffer);
  for (const { option, offset } of placed) {
    if (typeof option.initial === "string") bytes.set(new TextEncoder().encode(option.initial), offset);
    else view.setBigInt64(offset, option.initial, true);
  }
  return bytes;
}

function typeOf({ kind }: ScriptOption): PlacedOption["type"] {
  switch (kind) {
    case "bool":
      return { kind: "bool", size: 1 };
    case "int":
      return { kind: "int", size: 8, signed: true };
    case "string":
      return { kind: "string", size: OPTION_TEXT };
  }
}
