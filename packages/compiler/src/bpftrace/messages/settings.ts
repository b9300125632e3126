/** What is said about the config block and command-line settings. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const unknownSetting: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1601",
  severity: "error",
  text: (name) => `unknown setting ${name}`,
  hint: (_, near) => near,
};
export const badSetting: M<readonly [name: string, value: string, expected: string]> = {
  code: "SND1602",
  severity: "error",
  text: (name, value) => `${name} can't be ${value}`,
  hint: (_, __, expected) => `expected ${expected}`,
};
export const settingWithoutEffect: M<readonly [name: string]> = {
  code: "SND1603",
  severity: "warning",
  text: (name) => `${name} has no effect here`,
};
