/** Copies of a function that the compiler put into others: probes that have no symbol. */
import type { Entry } from "@sonde/bpf/dwarf";
import * as messages from "../../messages/probes.ts";
import { askDebugInfo } from "./debug-info.ts";
import type { Expanded, Expansion } from "./draft.ts";
import { userProbe } from "./user-probe.ts";

interface Copy {
  readonly address: number;
  readonly entry: Entry;
  readonly offset: number;
}

/** A probe where each copy is entered. All of the program's debugging information is gone through. */
export function expandInlined(expansion: Expansion, path: string, name: string): readonly Expanded[] {
  return copiesOf(expansion, path, name).map(({ address, entry, offset }) =>
    userProbe(expansion, `${path}:${name}`, { path, offset, onReturn: false }, { address, inlined: entry }),
  );
}

/** Says so if a function that has no code of its own has copies; whether it has. */
export function reportInlined(expansion: Expansion, path: string, name: string): boolean {
  const { length } = copiesOf(expansion, path, name);
  if (length > 0) expansion.diagnostics.report(messages.onlyInlined, expansion.point.span, name, path, length);
  return length > 0;
}

function copiesOf(expansion: Expansion, path: string, name: string): readonly Copy[] {
  const found = askDebugInfo(expansion, path, (debug) =>
    debug.dwarf.inlinedAt(name).flatMap(({ address, entry }): Copy[] => {
      const offset = debug.fileOffset(address);
      return offset === undefined ? [] : [{ address, entry, offset }];
    }),
  );
  return found ?? [];
}
