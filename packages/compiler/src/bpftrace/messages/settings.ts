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
export const settingWithoutEffect: M<readonly [name: string, instead: string]> = {
  code: "SND1603",
  severity: "warning",
  text: (name) => `${name} has no effect here`,
  hint: (_, instead) => instead,
};
export const unstableRefused: M<readonly [what: string, setting: string]> = {
  code: "SND1604",
  severity: "error",
  text: (what, setting) => `${what} is refused by the setting ${setting}`,
  hint: (_, setting) => `leave the setting out, or write ${setting} = enable`,
};
export const unstableUsed: M<readonly [what: string, setting: string]> = {
  code: "SND1605",
  severity: "warning",
  text: (what) => `${what} is used, which bpftrace calls unstable`,
  hint: (_, setting) => `${setting} = enable says that this is meant`,
};
