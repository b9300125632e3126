import { release } from "node:os";
import { writeFileSync } from "node:fs";
import { readBtf, RUNNING_BTF } from "@sonde/builder";
import type { Btf } from "@sonde/bpf/btf";
import { kernelDeclarations } from "@sonde/compiler/typescript";
import { runningTarget } from "@sonde/kernel/target";
import { type ParsedArguments, UsageError } from "../command.ts";
import { FileError } from "../files.ts";
import { print, say } from "../output/say.ts";

/** What most monitors probe; all of them would make an editor slow. */
const FUNCTIONS = ["vfs_*", "tcp_*", "udp_*", "ip_*", "inet_*", "do_sys_*", "blk_*", "security_*"];
const STRUCTS = ["task_struct", "file", "inode", "dentry", "sock", "sk_buff", "request", "bio", "mm_struct", "cgroup"];

/** `sonde types`: the kernel for editors. */
export function run(args: ParsedArguments): Promise<number> {
  if (args.words.length > 0) throw new UsageError(`'${args.words[0]!}' is not understood; there are options only`);
  const file = args.value("btf") ?? RUNNING_BTF;
  const btf = readBtf(file);
  const functions = chosen(btf.names("func"), args.values("functions"), FUNCTIONS);
  const tracepoints = runningTarget().probes("tracepoint", "*");
  if (tracepoints.length === 0)
    say("The kernel does not tell its tracepoints (tracefs is for root): they are left out.\n");
  const text = kernelDeclarations(
    btf,
    { tracepoints, btfTracepoints: btfTracepoints(btf), functions, structs: [...STRUCTS, ...args.values("structs")] },
    file === RUNNING_BTF ? `Linux ${release()}` : `The kernel of ${file}`,
  );
  const output = args.value("output");
  if (output === undefined) print(text);
  else write(output, text);
  return Promise.resolve(0);
}

function btfTracepoints(btf: Btf): readonly string[] {
  const prefix = "btf_trace_";
  return [...new Set(btf.names("typedef"))]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .sort();
}

/** Names that match one of the patterns with `*`, sorted. */
function chosen(names: Iterable<string>, patterns: readonly string[], usual: readonly string[]): readonly string[] {
  const wanted = patterns.length === 0 ? usual : patterns;
  const escaped = wanted.map((pattern) => pattern.replace(/[^\w*]/g, "\\$&").replaceAll("*", ".*"));
  const matcher = new RegExp(`^(?:${escaped.join("|")})$`);
  return [...new Set(names)].filter((name) => matcher.test(name)).sort();
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new FileError("cannot write the declarations", file, error);
  }
}
