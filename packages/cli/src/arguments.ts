/**
 * A command's options and words, by its own table.
 *
 * Written by hand: `parseArgs` of Node.js takes 1.7 ms of every start, since Node.js compiles it anew
 * each time. It reads the same spellings: `--name value`, `--name=value`, `-n value`, `-nvalue`,
 * switches joined as `-qv`, and `--` before words that look like options.
 */
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
  const reader = new ArgumentReader(allOptions(command), argv, command.stopAtFirstWord === true);
  reader.read();
  const { found, words } = reader;
  return {
    value: (name) => found.get(name)?.at(-1),
    values: (name) => found.get(name) ?? [],
    flag: (name) => found.has(name),
    words,
  };
}

class ArgumentReader {
  readonly #options: readonly Option[];
  readonly #argv: readonly string[];
  readonly #stopAtFirstWord: boolean;
  #next: number = 0;
  /** Values by the option's name; a switch has an empty text for each time. */
  readonly found: Map<string, string[]> = new Map();
  readonly words: string[] = [];

  constructor(options: readonly Option[], argv: readonly string[], stopAtFirstWord: boolean) {
    this.#options = options;
    this.#argv = argv;
    this.#stopAtFirstWord = stopAtFirstWord;
  }

  read(): void {
    while (this.#next < this.#argv.length) {
      const word = this.#argv[this.#next++]!;
      if (word === "--") return this.#takeRest();
      if (word.startsWith("--")) this.#long(word);
      else if (word.startsWith("-") && word !== "-") this.#short(word);
      else {
        this.words.push(word);
        if (this.#stopAtFirstWord) return this.#takeRest();
      }
    }
  }

  #takeRest(): void {
    this.words.push(...this.#argv.slice(this.#next));
    this.#next = this.#argv.length;
  }

  /** `--name`, `--name=value` */
  #long(word: string): void {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const option = this.#options.find((candidate) => candidate.name === name);
    if (option === undefined) throw new UsageError(`there is no option '--${name}'`);
    if (equals < 0) this.#keep(option, option.value === undefined ? "" : this.#following(option));
    else if (option.value === undefined) throw new UsageError(`'--${name}' is a switch, it takes no value`);
    else this.#keep(option, word.slice(equals + 1));
  }

  /** `-n`, `-nvalue`, `-qv` */
  #short(word: string): void {
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      const option = this.#options.find((candidate) => candidate.short === letter);
      if (option === undefined) throw new UsageError(`there is no option '-${letter}'`);
      if (option.value !== undefined) {
        return this.#keep(option, at + 1 < word.length ? word.slice(at + 1) : this.#following(option));
      }
      this.#keep(option, "");
    }
  }

  /** A value that looks like an option is a forgotten value far more often than a value. */
  #following(option: Option): string {
    const value = this.#argv[this.#next];
    if (value === undefined || (value.startsWith("-") && value !== "-")) {
      const instead = value === undefined ? "" : `, not '${value}' (write --${option.name}=${value} if that is meant)`;
      throw new UsageError(`--${option.name} takes a ${option.value!}${instead}`);
    }
    this.#next++;
    return value;
  }

  #keep(option: Option, value: string): void {
    if (option.choices !== undefined && !option.choices.includes(value)) {
      throw new UsageError(`--${option.name} takes ${option.choices.join(", ")}, not '${value}'`);
    }
    const values = this.found.get(option.name);
    if (values === undefined) this.found.set(option.name, [value]);
    else values.push(value);
  }
}
