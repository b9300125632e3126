// Whether a program printed what its page says.

/**
 * Undefined if it did, else the first line that differs. In the expected text `<anything>` stands
 * for any characters of a line, and a line `...` for any number of lines.
 * @param {string} expected
 * @param {string} actual
 * @returns {string | undefined}
 */
export function difference(expected, actual) {
  const wanted = expected.trimEnd().split("\n");
  const found = actual.trimEnd().split("\n");
  const matched = longestMatch(wanted, found);
  if (matched === wanted.length) return undefined;
  const line = wanted[matched];
  return `${line === undefined ? "nothing more" : JSON.stringify(line)} was expected in\n${actual}`;
}

/** How many of the wanted lines can be matched; all of them only if no found line is left. @param {readonly string[]} wanted @param {readonly string[]} found */
function longestMatch(wanted, found) {
  let best = 0;
  /** @param {number} at @param {number} from @returns {boolean} */
  const match = (at, from) => {
    best = Math.max(best, Math.min(at, wanted.length - 1));
    const line = wanted[at];
    if (line === undefined) return from === found.length;
    if (line === "...") {
      for (let next = from; next <= found.length; next++) if (match(at + 1, next)) return true;
      return false;
    }
    const text = found[from];
    return text !== undefined && patternOf(line).test(text) && match(at + 1, from + 1);
  };
  return match(0, 0) ? wanted.length : best;
}

/** @param {string} line */
function patternOf(line) {
  const parts = line.split(/<[a-z ]+>/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+?")}$`);
}
