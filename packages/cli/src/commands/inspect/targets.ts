/** Which objects the words of the command line mean. */
import { pinnedObject } from "@sonde/kernel/objects";
import { isPattern, patternMatcher } from "@sonde/kernel/tracefs";
import type { Kernel, ObjectKind } from "@sonde/kernel/sys";
import { UsageError } from "../../command.ts";
import { nearest } from "../../nearest.ts";

export type Kind = ObjectKind;

/** What a person may call a kind. */
export function kindOf(word: string): Kind {
  switch (word) {
    case "prog":
    case "progs":
    case "program":
    case "programs":
      return "program";
    case "map":
    case "maps":
      return "map";
    case "link":
    case "links":
      return "link";
    case "btf":
      return "btf";
    default:
      throw new UsageError(`'${word}' is none of prog, map, link and btf; --name '${word}' looks for a name`);
  }
}

interface Named {
  readonly id: number;
  readonly name: string;
}

/**
 * Objects that a word means: by id, by the path of a pin, by name or pattern.
 * Errors: when there are none, saying what there is.
 */
export function chosen<T extends Named>(kernel: Kernel, kind: Kind, objects: readonly T[], word: string): readonly T[] {
  if (/^\d+$/.test(word))
    return some(
      objects.filter(({ id }) => id === Number(word)),
      `the kernel has no ${kind} ${word}`,
    );
  if (word.startsWith("/")) {
    const pinned = pinnedObject(kernel, word);
    if (pinned === undefined) throw new Error(`nothing is pinned at ${word}, or it may not be opened`);
    if (pinned.kind !== kind)
      throw new Error(`what is pinned at ${word} is no ${kind}: try 'sonde inspect ${pinned.kind} ${word}'`);
    return some(
      objects.filter(({ id }) => id === pinned.id),
      `the ${kind} at ${word} is gone`,
    );
  }
  // The kernel keeps 15 characters, and that is what other tools show.
  const fits = isPattern(word) ? patternMatcher(word) : (name: string) => name === word || name.slice(0, 15) === word;
  const best = nearest(
    word,
    objects.map(({ name }) => name),
  );
  return some(
    objects.filter(({ name }) => fits(name)),
    `no ${kind} is called '${word}'${best === undefined ? "" : `; did you mean '${best}'?`}`,
  );
}

function some<T>(found: readonly T[], otherwise: string): readonly T[] {
  if (found.length === 0) throw new Error(otherwise);
  return found;
}
