/** Only what matches one of some patterns is kept. */
import { textOf, type DecoderKind } from "./decoder.ts";

export const regexp: DecoderKind = {
  summary: "as it is; series whose value matches none of the patterns are left out",
  make: ({ name, patterns }) => {
    if (patterns === undefined || patterns.length === 0) throw new TypeError(`decoder ${name} needs patterns`);
    const compiled = patterns.map(compile);
    return (input) => {
      const value = textOf(input);
      return compiled.some((pattern) => pattern.test(value)) ? value : undefined;
    };
  },
};

/** Flags that other engines write at the start of a pattern, `(?i)`, and anchors that JavaScript spells differently. */
function compile(pattern: string): RegExp {
  const [, flags = "", rest = pattern] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(pattern) ?? [];
  const source = rest.replaceAll("(?P<", "(?<").replaceAll("\\A", "^").replaceAll("\\z", "$");
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new TypeError(`'${pattern}' is no regular expression: ${(error as Error).message}`, { cause: error });
  }
}
