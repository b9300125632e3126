import { writeFileSync } from "node:fs";
import path from "node:path";
import { buildMonitor, buildTarget, RUNNING_BTF, type BuildResult } from "@sonde/builder";
import { writeObject } from "@sonde/bpf/elf";
import { describe } from "@sonde/bpf/spec";
import { type ParsedArguments, UsageError } from "../command.ts";
import { FileError } from "../files.ts";
import { print, say } from "../output/say.ts";
import { showBuildDiagnostics } from "./build/diagnostics.ts";
import { dumpFunctions } from "./build/dump.ts";

/** `sonde build`: a monitor's module to an object. */
export async function run(args: ParsedArguments): Promise<number> {
  const [file, ...more] = args.words;
  if (file === undefined || more.length > 0) throw new UsageError("name one monitor: a TypeScript module");
  const dump = args.value("dump");
  const collected: string[] = [];
  const result = await build(file, args, dump === "ir" ? dumpFunctions(collected) : undefined);
  const shown = await showBuildDiagnostics(result, args.value("format") === "json");
  if (result.spec === undefined) return 1;
  if (dump !== undefined) {
    print(dump === "ir" ? collected.join("\n") : describe(result.spec));
    return 0;
  }
  const output =
    args.value("output") ?? path.join(path.dirname(file), `${path.basename(file).replace(/\.[mc]?ts$/, "")}.o`);
  const bytes = writeObject(result.spec);
  try {
    writeFileSync(output, bytes);
  } catch (error) {
    throw new FileError("cannot write the object", output, error);
  }
  if (!args.flag("quiet") && !shown) {
    const { programs, maps } = result.spec;
    say(`${output}: ${plural(programs.length, "program")}, ${plural(maps.length, "map")}, ${bytes.length} bytes\n`);
  }
  return 0;
}

async function build(
  file: string,
  args: ParsedArguments,
  options: ReturnType<typeof dumpFunctions> | undefined,
): Promise<BuildResult> {
  const arch =
    args.value("arch") === "arm64" || (args.value("arch") === undefined && process.arch === "arm64")
      ? "aarch64"
      : "x86_64";
  try {
    return await buildMonitor(file, buildTarget(args.value("btf") ?? RUNNING_BTF, arch), options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new FileError("cannot read the monitor", file, error);
  }
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
