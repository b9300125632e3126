/**
 * Text to instructions: the form that {@link disassemble}, the kernel's verifier log and
 * llvm-objdump print, with labels.
 *
 *     main:
 *       r2 = *(u64 *)(r1 + 8)        // comments: ";", "//", and "#" after white space
 *       r1 = map[counts] ll
 *       if r2 s> 5 goto out
 *       call bpf_map_lookup_elem     // or the helper's number, or a label
 *     out:
 *       exit
 *
 * A slot number (`12:`) or an opcode (`(b7)`) before an instruction is passed over. A comment that
 * names a CO-RE relocation the way the disassembler does (`; core FieldByteOffset [7] 0:2`) puts
 * it on the instruction.
 */
import { Cursor } from "./assemble-cursor.ts";
import type { AssemblyError } from "./assemble-cursor.ts";
import { parseInstruction } from "./assemble-instruction.ts";
import { CoreKind } from "./instruction.ts";
import type { Instruction, Reference } from "./instruction.ts";

const COMMENT = /(?:^|\s)#|;|\/\//;
const SLOT = /\d+:/y;
/** What holds no white space may be a label. */
const LABEL = /(\S+):(?=\s|$)/y;
const CORE = /^;\s*core (\w+) \[(\d+)\] ([\d:]+)\s*$/;

interface Pending {
  readonly instruction: Instruction;
  /** An error about where the label is named, for a label that does not exist. */
  readonly undefinedLabel: AssemblyError | undefined;
}

/** Errors: AssemblyError, with line and column; labels must be defined once in the same text. */
export function assemble(text: string): Instruction[] {
  const parsed: Pending[] = [];
  const labels = new Labels();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const comment = line.search(COMMENT);
    const cursor = new Cursor(comment === -1 ? line : line.slice(0, comment), index + 1);
    cursor.match(SLOT);
    for (let label = cursor.match(LABEL); label !== undefined; label = cursor.match(LABEL)) {
      labels.define(label[1]!, parsed.length, cursor);
    }
    if (cursor.atEnd) continue;
    const instruction = parseInstruction(cursor);
    const { ref } = instruction;
    const named = ref !== undefined && "label" in ref ? cursor.refuse(`there is no label "${ref.label}"`) : undefined;
    if (!cursor.atEnd) throw cursor.expected("the end of the instruction");
    const core = comment === -1 ? undefined : coreReference(line.slice(comment));
    parsed.push({
      instruction: core === undefined ? instruction : { ...instruction, ref: core },
      undefinedLabel: named,
    });
  }
  labels.refuseTrailing(parsed.length);
  return parsed.map(({ instruction, undefinedLabel }, index) => {
    const { ref } = instruction;
    const label = labels.at(index);
    const labelled = label === undefined ? instruction : { ...instruction, label };
    if (ref === undefined || !("label" in ref)) return labelled;
    const target = labels.resolve(ref.label);
    if (target === undefined) throw undefinedLabel!;
    return { ...labelled, ref: { ...ref, label: target } };
  });
}

/** An instruction has one label: the first that stands before it. The others are names for that one. */
class Labels {
  readonly #places = new Map<string, { readonly index: number; readonly defined: AssemblyError }>();
  readonly #first = new Map<number, string>();

  define(label: string, index: number, cursor: Cursor): void {
    if (this.#places.has(label)) throw cursor.refuse(`label "${label}" is defined twice`);
    this.#places.set(label, { index, defined: cursor.refuse(`label "${label}" stands before no instruction`) });
    if (!this.#first.has(index)) this.#first.set(index, label);
  }

  at(index: number): string | undefined {
    return this.#first.get(index);
  }

  resolve(label: string): string | undefined {
    const place = this.#places.get(label);
    return place && this.#first.get(place.index);
  }

  refuseTrailing(count: number): void {
    const trailing = this.#first.get(count);
    if (trailing !== undefined) throw this.#places.get(trailing)!.defined;
  }
}

function coreReference(comment: string): Reference | undefined {
  const match = CORE.exec(comment);
  const kind = match === null ? undefined : CoreKind[match[1] as keyof typeof CoreKind];
  if (match === null || kind === undefined) return undefined;
  return { kind: "core", relocation: { kind, typeId: Number(match[2]), access: match[3]! } };
}
