/** iter:NAME: programs that the kernel runs once for each of its objects. */
import * as messages from "../../messages/probes.ts";
import { NO_ARGUMENTS, type Expanded, type Expansion } from "./draft.ts";
import { matches } from "./missing.ts";

export function expandIterator(expansion: Expansion): readonly Expanded[] {
  const { parts, point, probe, diagnostics } = expansion;
  const [name = "", pin, ...rest] = parts;
  if (name === "" || pin === "" || rest.length > 0) {
    diagnostics.report(messages.pointForm, point.span, point.text, "iter:NAME or iter:NAME:FILE");
    return [];
  }
  return matches(expansion, "iter", name, "iterator", "*").map((found): Expanded => {
    const title = `iter:${found}`;
    return {
      probe,
      provider: point.provider,
      programType: "tracing",
      attach: [{ kind: "iter", name: found, ...(pin !== undefined && { pin }) }],
      title,
      arguments: NO_ARGUMENTS,
      user: false,
      signature: title,
    };
  });
}
