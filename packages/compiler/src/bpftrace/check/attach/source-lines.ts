/** Lines of the source: uprobe:PATH@FILE:LINE, and :COLUMN where a line has several statements. */
import * as messages from "../../messages/probes.ts";
import { askDebugInfo } from "./debug-info.ts";
import type { Expanded, Expansion } from "./draft.ts";
import { userProbe } from "./user-probe.ts";

const FORM = "uprobe:PATH@FILE:LINE or uprobe:PATH@FILE:LINE:COLUMN";

export function expandSourceLine(expansion: Expansion, provider: "uprobe" | "uretprobe"): readonly Expanded[] {
  const {
    parts: [place = "", ...numbers],
    point,
    target: { facts },
    diagnostics,
  } = expansion;
  const at = place.indexOf("@");
  const [path, file] = [place.slice(0, at), place.slice(at + 1)];
  const [line, column] = numbers.map(Number);
  const isForm = numbers.length >= 1 && numbers.length <= 2 && numbers.every((text) => /^[1-9]\d{0,8}$/.test(text));
  if (path === "" || file === "" || line === undefined || !isForm || provider === "uretprobe") {
    diagnostics.report(messages.pointForm, point.span, point.text, FORM);
    return [];
  }
  if (facts === undefined) {
    diagnostics.report(messages.needsSystem, point.span, point.text);
    return [];
  }
  if (askDebugInfo(expansion, path, () => true) === undefined) {
    if (!diagnostics.failed) diagnostics.report(messages.noDebugInfo, point.span, point.text, path);
    return [];
  }
  const name = `${place}:${numbers.join(":")}`;
  const found = askDebugInfo(expansion, path, (debug) => {
    const { addresses, known, next } = debug.dwarf.stops(file, line, column);
    if (addresses.length === 0)
      diagnostics.report(messages.noCodeOnLine, point.span, path, file, numbers.join(":"), known, next);
    return addresses.flatMap((address) => {
      const offset = debug.fileOffset(address);
      return offset === undefined ? [] : [userProbe(expansion, name, { offset, path, onReturn: false }, { address })];
    });
  });
  return found ?? [];
}
