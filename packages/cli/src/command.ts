/**
 * One command of the command line, as data: from it come parsing, `--help`, completion and the
 * list of commands. Its code is loaded only when it runs.
 */
export interface Command {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** What follows the name: "[OPTIONS] FILE [ARGUMENT...]". One line for each form. */
  readonly usage: readonly string[];
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** More to say below the options. */
  readonly notes?: string;
  /** Options after the first word that is no option belong to that word (a script has its own). */
  readonly stopAtFirstWord?: boolean;
  readonly load: () => Promise<{ readonly run: CommandRunner }>;
}

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** The value's name, for help; absent: a switch. */
  readonly value?: string;
  /** Allowed values, shown and checked. */
  readonly choices?: readonly string[];
  /** May be given several times. */
  readonly multiple?: boolean;
  readonly help: string;
}

export interface Example {
  readonly command: string;
  readonly says: string;
}

/** Answers the process's exit status: 0 done, 1 failed, 2 wrong usage. */
export type CommandRunner = (args: ParsedArguments) => Promise<number>;

export interface ParsedArguments {
  /** The last value of an option that takes one. */
  value(name: string): string | undefined;
  values(name: string): readonly string[];
  flag(name: string): boolean;
  readonly words: readonly string[];
}

/** What was typed is wrong: shown with a pointer to `--help`, exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
