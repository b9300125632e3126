import { writeFileSync } from "node:fs";
import { parseArguments } from "./arguments.ts";
import { type CommandRunner, UsageError } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { print, say } from "./output/say.ts";

/** A command whose code is loaded already. */
export interface LoadedCommand {
  readonly name: string;
  readonly run: CommandRunner;
}

/**
 * Run the command line.
 * @param argv what follows the program's name
 * @param loaded is run without loading it
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage
 */
export async function main(argv: readonly string[], loaded?: LoadedCommand): Promise<number> {
  nameThisProcess();
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return await help(rest[0]);
  if (name === "--version" || name === "-V") return await version();
  const command = COMMANDS.find((c) => c.name === name);
  if (command === undefined) {
    say(`sonde: there is no command '${name}'${await suggestion(name)}\nTry 'sonde --help'.\n`);
    return 2;
  }
  try {
    if (rest.includes("--help") || rest.includes("-h")) {
      // A script's own arguments may hold --help; only what the parser takes as ours counts.
      if (parseArguments(command, rest).flag("help")) return await help(name);
    }
    const { run } = loaded?.name === name ? loaded : await command.load();
    return await run(parseArguments(command, rest));
  } catch (error) {
    return await report(name, error);
  }
}

/** Every tool that shows processes, ours too, would otherwise show "node". */
function nameThisProcess(): void {
  try {
    writeFileSync("/proc/self/comm", "sonde");
  } catch {
    // Without /proc nobody shows names.
  }
}

async function help(name: string | undefined): Promise<number> {
  const { commandHelp, overview } = await import("./help.ts");
  const command = COMMANDS.find((c) => c.name === name);
  print(command === undefined ? overview(COMMANDS) : commandHelp(command));
  return 0;
}

async function version(): Promise<number> {
  const { VERSION } = await import("./version.ts");
  print(`sonde ${VERSION}\n`);
  return 0;
}

async function suggestion(name: string): Promise<string> {
  const { nearest } = await import("./nearest.ts");
  const best = nearest(
    name,
    COMMANDS.map((c) => c.name),
  );
  return best === undefined ? "" : `; did you mean '${best}'?`;
}

async function report(command: string, error: unknown): Promise<number> {
  if (error instanceof UsageError) {
    say(`sonde ${command}: ${error.message}\nTry 'sonde ${command} --help'.\n`);
    return 2;
  }
  const { describeError } = await import("./errors.ts");
  say(`sonde ${command}: ${describeError(error)}\n`);
  return 1;
}
