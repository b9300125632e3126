import { parseArgs } from "node:util";
import { type Command, type Option, type ParsedArguments, UsageError } from "./command.ts";

const HELP: Option = { name: "help", short: "h", help: "show this help" };

/** The options of a command with the one that all have. */
export function allOptions(command: Command): readonly Option[] {
  return [...command.options, HELP];
}

/**
 * Parse what follows a command's name.
 * @throws {UsageError} an unknown option, a missing value, a value that is not among the choices
 */
export function parseArguments(command: Command, argv: readonly string[]): ParsedArguments {
  const options = allOptions(command);
  const config: Record<string, { type: "string" | "boolean"; short?: string; multiple: true }> = {};
  for (const option of options) {
    config[option.name] = {
      type: option.value === undefined ? "boolean" : "string",
      multiple: true,
      ...(option.short === undefined ? {} : { short: option.short }),
    };
  }
  const [own, rest] = command.stopAtFirstWord === true ? splitAtScript(options, argv) : [argv, []];
  let parsed;
  try {
    parsed = parseArgs({ args: [...own], options: config, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(firstSentence((error as Error).message));
  }
  const found = parsed.values as Record<string, readonly (string | boolean)[] | undefined>;
  for (const option of options) checkChoices(option, found[option.name]);
  return {
    value: (name) => found[name]?.at(-1) as string | undefined,
    values: (name) => (found[name] ?? []) as readonly string[],
    flag: (name) => found[name] !== undefined,
    words: [...parsed.positionals, ...rest],
  };
}

/**
 * Cut the arguments before the first word that is neither an option nor an option's value: what
 * follows is the script's own, whatever it looks like.
 */
function splitAtScript(options: readonly Option[], argv: readonly string[]): [readonly string[], readonly string[]] {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === "--") return [argv.slice(0, i), argv.slice(i + 1)];
    if (!word.startsWith("-") || word === "-") return [argv.slice(0, i), argv.slice(i)];
    const option = word.startsWith("--")
      ? options.find((o) => word === `--${o.name}`)
      : options.find((o) => o.short !== undefined && word === `-${o.short}`);
    if (option?.value !== undefined) i++;
  }
  return [argv, []];
}

function checkChoices(option: Option, values: readonly (string | boolean)[] | undefined): void {
  if (option.choices === undefined) return;
  for (const value of values ?? []) {
    if (!option.choices.includes(value as string)) {
      throw new UsageError(`--${option.name} takes ${option.choices.join(", ")}, not '${String(value)}'`);
    }
  }
}

/** Node's messages go on to explain `--`; the first sentence says what is wrong. */
function firstSentence(message: string): string {
  const end = message.search(/\. |\n/);
  return end < 0 ? message : message.slice(0, end);
}
