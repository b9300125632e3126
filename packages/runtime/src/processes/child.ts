/**
 * The command that is watched (`-c`). It must not run before everything is attached, and its process
 * id must be known before that: so the process exists at once, waiting, and becomes the command when
 * it is released. The one who waits is a shell that reads a line from a pipe and then executes the
 * command in its own place; the command itself is never parsed by a shell.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, join } from "node:path";
import type { Writable } from "node:stream";
import { splitWords } from "./words.ts";

export interface ChildExit {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** As a shell reports it: the code, or 128 + the signal's number. */
  readonly status: number;
}

export interface Child {
  readonly pid: number;
  /** Lets the command run. */
  release(): void;
  /** Resolves when the command has ended. */
  readonly exit: Promise<ChildExit>;
  /** Asks it to end, if it still runs. Before the release the command never runs. */
  terminate(): void;
}

/** With our end gone (we were killed), the read fails and the command never runs. */
const WAIT_THEN_RUN = 'read -r go <&3 || exit 125; exec 3<&-; exec "$0" "$@"';

export interface ChildOptions {
  /** Our descriptor that becomes its standard output; 1 if not given. Its other standard streams are ours. */
  readonly stdout?: number;
}

/**
 * @param command split by {@link splitWords}
 *
 * Errors: SyntaxError for a malformed command; Error when there is no such program.
 */
export function startChild(command: string, options: ChildOptions = {}): Child {
  const [program = "", ...args] = splitWords(command);
  const path = findProgram(program);
  const child = spawn("/bin/sh", ["-c", WAIT_THEN_RUN, path, ...args], {
    stdio: ["inherit", options.stdout ?? 1, "inherit", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot run ${program}: /bin/sh could not be started`);
  const gate = child.stdio[3] as Writable;
  gate.on("error", () => {}); // the process ended before it was released: its exit says so
  return {
    pid,
    release: () => void gate.end("\n"),
    exit: exitOf(child),
    terminate: () => void child.kill("SIGTERM"),
  };
}

function exitOf(child: ChildProcess): Promise<ChildExit> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const status = code ?? 128 + (signal === null ? 0 : osConstants.signals[signal]);
      resolve({ code: code ?? undefined, signal: signal ?? undefined, status });
    });
  });
}

function findProgram(program: string): string {
  if (program.includes("/")) {
    if (isProgram(program)) return program;
    throw new Error(`cannot run ${program}: there is no such program, or it is not executable`);
  }
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, program);
    if (isProgram(path)) return path;
  }
  throw new Error(`cannot run ${program}: it is in no directory of PATH`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
