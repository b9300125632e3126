/** Features that a setting may refuse or warn of. */
import type { Diagnostics } from "../../diagnostics/index.ts";
import type { Script, Span } from "../ast.ts";
import * as messages from "../messages/settings.ts";
import type { Settings, Unstable } from "./config.ts";

const NAMES: Readonly<Record<Unstable, string>> = {
  unstable_addr: "the address of a variable or a map",
  unstable_import: "import",
  unstable_macro: "a macro",
  unstable_map_decl: "a map's declaration",
  unstable_tseries: "tseries()",
  unstable_dw_ustack: "dw_ustack",
};

/** A feature is used at `span`. */
export function checkUnstable({ unstable }: Settings, feature: Unstable, span: Span, diagnostics: Diagnostics): void {
  const choice = unstable[feature];
  if (choice === "error") diagnostics.report(messages.unstableRefused, span, NAMES[feature], feature);
  else if (choice === "warn") diagnostics.report(messages.unstableUsed, span, NAMES[feature], feature);
}

/** Those that stand outside of probes. */
export function checkUnstableParts(script: Script, settings: Settings, diagnostics: Diagnostics): void {
  for (const { span } of script.imports) checkUnstable(settings, "unstable_import", span, diagnostics);
  for (const { nameSpan } of script.macros) checkUnstable(settings, "unstable_macro", nameSpan, diagnostics);
  for (const { span } of script.maps) checkUnstable(settings, "unstable_map_decl", span, diagnostics);
}
