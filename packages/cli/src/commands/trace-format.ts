import { formatScript, parse } from "@sonde/compiler/bpftrace";
import type { SourceText } from "@sonde/compiler";
import { showDiagnostics } from "./trace.ts";

/** `sonde trace --fmt`: the script in its usual form. A script that does not parse stays as it is, with what is wrong. */
export async function format(source: SourceText): Promise<number> {
  const { diagnostics } = parse(source.text);
  const wrong = diagnostics.filter(({ severity }) => severity === "error");
  await showDiagnostics(wrong, source, false);
  if (wrong.length > 0) return 1;
  process.stdout.write(formatScript(source.text));
  return 0;
}
