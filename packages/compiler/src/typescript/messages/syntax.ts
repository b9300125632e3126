/** What is wrong with a module before any of it is compiled. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const syntax: M<readonly [reason: string]> = {
  code: "SND3001",
  severity: "error",
  text: (reason) => `this is not TypeScript: ${reason}`,
};
export const notErasable: M<readonly [what: string]> = {
  code: "SND3002",
  severity: "error",
  text: (what) => `${what} is more than a type, and a monitor is run with its types erased`,
  hint: () => "write it in JavaScript's own syntax; of TypeScript's additions, only types and enums are taken",
};
