/**
 * Splits a command line into words as a shell does, without any of its expansions: blanks separate,
 * single quotes keep everything, double quotes keep all but backslash escapes of `"` and `\`, and a
 * backslash elsewhere keeps the next character.
 *
 * Errors: SyntaxError for a quote that is not closed, or no words at all.
 */
export function splitWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < command.length; i++) {
    const character = command[i]!;
    const next = command[i + 1];
    if (quote !== "") {
      if (character === quote) quote = "";
      else if (quote === '"' && character === "\\" && (next === '"' || next === "\\")) word += command[++i]!;
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\" && next !== undefined) {
      word = (word ?? "") + command[++i]!;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== "") throw new SyntaxError(`the command has an unclosed ${quote}: ${command}`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new SyntaxError("the command to run is empty");
  return words;
}
