/** What `sonde agent` is told of who may do what, and what it may do itself. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { type AgentOptions, keptCapabilities } from "@sonde/agent";
import { confine, KernelError, openKernel } from "@sonde/kernel/sys";
import { type ParsedArguments, UsageError } from "../command.ts";
import { FileError } from "../files.ts";
import { say } from "../output/say.ts";

/** Gives up every capability but these, by starting this program again in place; "all" keeps what there is. */
export function confineAgent(list: string | undefined): void {
  if (list === "all" || process.geteuid?.() !== 0) return;
  let kept: readonly string[];
  try {
    kept = keptCapabilities(list);
  } catch (error) {
    throw new UsageError(`--keep-capabilities: ${(error as Error).message}`);
  }
  try {
    confine(openKernel(), kept);
  } catch (error) {
    // Whoever may not give capabilities up (without CAP_SETPCAP) was given few to begin with.
    if (!(error instanceof KernelError && error.code === "EPERM")) throw error;
    say(`sonde agent: keeps every capability that it was started with: ${error.message}\n`);
  }
}

export function tlsFiles(args: ParsedArguments): AgentOptions["tls"] {
  const [certificate, key, clientAuthority] = ["tls-cert", "tls-key", "tls-client-ca"].map((name) => args.value(name));
  if (certificate === undefined && key === undefined && clientAuthority === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new UsageError("--tls-cert and --tls-key go together, and --tls-client-ca needs both");
  return { certificate, key, clientAuthority };
}

const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_ALL = 0o004;
const LEAST_LENGTH = 16;

/** The token in a file that nobody else can read or change. */
export function readToken(file: string): string {
  const { text, mode } = readWithMode(file);
  if ((mode & (WRITABLE_BY_OTHERS | READABLE_BY_ALL)) !== 0)
    throw new Error(
      `the token in ${file} is open to other users (mode ${(mode & 0o777).toString(8)}); run: chmod 600 ${file}`,
    );
  const token = text.trim();
  if (token.length < LEAST_LENGTH) throw new Error(`the token in ${file} is shorter than ${LEAST_LENGTH} characters`);
  return token;
}

/** Of one and the same file, whatever happens to its name meanwhile. */
function readWithMode(file: string): { readonly text: string; readonly mode: number } {
  let fd: number | undefined;
  try {
    fd = openSync(file, "r");
    return { mode: fstatSync(fd).mode, text: readFileSync(fd, "utf8") };
  } catch (error) {
    throw new FileError("cannot read the token", file, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
