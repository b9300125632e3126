/** What is wrong with a monitor, for people or for editors. */
import type { BuildResult } from "@sonde/builder";
import { locate, render } from "@sonde/compiler/diagnostics";
import { isSeen, print, say } from "../../output/say.ts";

/** Says whether there was anything. */
export async function showBuildDiagnostics({ diagnostics, source }: BuildResult, json: boolean): Promise<boolean> {
  for (const diagnostic of diagnostics) {
    if (!json) {
      say(render(diagnostic, source, { color: isSeen() }));
      continue;
    }
    const { code, severity, message, span, hint } = diagnostic;
    const text = span.source ?? source;
    const [from, to] = [locate(text.text, span.start), locate(text.text, span.end)];
    print(`${JSON.stringify({ file: text.name, from, to, code, severity, message, hint })}\n`);
  }
  return diagnostics.length > 0;
}
