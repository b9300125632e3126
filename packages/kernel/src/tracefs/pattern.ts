/**
 * Probe patterns: `*` any run, `?` any one, `[abc]` `[a-z]` `[!a]` one of a set; all else is literal.
 * They are turned into regular expressions that run over whole files of names at once, since the
 * kernel's lists are long (60,000 functions) and splitting them costs more than searching them.
 */

/** Does this text need a list of names to be understood? */
export function isPattern(text: string): boolean {
  return text.includes("*") || text.includes("?") || text.includes("[");
}

/**
 * The pattern as regular expression source, without anchors.
 * `any` is the class of characters that `*` and `?` may match; a run may be empty.
 */
export function patternSource(pattern: string, any = "[^\\n]"): string {
  let source = "";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern.charAt(i);
    if (c === "*") {
      if (!source.endsWith(`${any}*`)) source += `${any}*`;
    } else if (c === "?") {
      source += any;
    } else if (c === "[") {
      const close = pattern.indexOf("]", i + 2);
      if (close < 0) {
        source += "\\[";
        continue;
      }
      source += characterClass(pattern.slice(i + 1, close));
      i = close;
    } else {
      source += escapeLiteral(c);
    }
  }
  return source;
}

/** A test for single names. */
export function patternMatcher(pattern: string): (name: string) => boolean {
  if (!isPattern(pattern)) return (name) => name === pattern;
  const expression = new RegExp(`^${patternSource(pattern)}$`);
  return (name) => expression.test(name);
}

function characterClass(body: string): string {
  const negated = body.startsWith("!") || body.startsWith("^");
  const members = (negated ? body.slice(1) : body).replace(/[\\\]^[]/g, "\\$&");
  return `[${negated ? "^\\n" : ""}${members}]`;
}

function escapeLiteral(c: string): string {
  return /[\\^$.|+(){}\]/]/.test(c) ? `\\${c}` : c;
}
