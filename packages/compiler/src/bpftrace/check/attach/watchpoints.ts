/** watchpoint:ADDRESS:LENGTH:MODE: accesses of memory. */
import { parseNumber } from "../../lexer/number.ts";
import * as messages from "../../messages/probes.ts";
import { NO_ARGUMENTS, type Expanded, type Expansion } from "./draft.ts";

const FORM = "watchpoint:ADDRESS:LENGTH:MODE, such as watchpoint:0xffffffff82600940:8:w";

/** An address of the process where there is one, else of the kernel. */
export function expandWatchpoint(expansion: Expansion): readonly Expanded[] {
  const { parts, point, probe, diagnostics, options, uses } = expansion;
  const [written = "", bytes = "", mode = "", ...rest] = parts;
  const address = parseNumber(written)?.value;
  const length = ([1, 2, 4, 8] as const).find((size) => String(size) === bytes);
  if (address === undefined && /\+arg\d/.test(written)) {
    diagnostics.report(messages.argumentWatchpoint, point.span, point.text);
    return [];
  }
  const letters = new Set(mode);
  const isMode = mode !== "" && letters.size === mode.length && [...letters].every((letter) => "rwx".includes(letter));
  if (address === undefined || length === undefined || !isMode || rest.length > 0) {
    diagnostics.report(messages.pointForm, point.span, point.text, FORM);
    return [];
  }
  const pid = options.pid ?? options.cpid;
  return [
    {
      probe,
      provider: point.provider,
      programType: "perf_event",
      attach: [{ kind: "watchpoint", address, length, mode, ...(pid !== undefined && { pid }) }],
      title: point.text,
      arguments: NO_ARGUMENTS,
      user: pid !== undefined,
      signature: uses.title ? point.text : "",
    },
  ];
}
