/** What is said about functions and their arguments. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const unknownFunction: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1401",
  severity: "error",
  text: (name) => `unknown function ${name}`,
  hint: (_, near) => near,
};
export const argumentNumber: M<readonly [name: string, count: number, signature: string]> = {
  code: "SND1402",
  severity: "error",
  text: (name, count) =>
    `${name}() does not take ${count === 0 ? "no arguments" : count === 1 ? "one argument" : `${count} arguments`}`,
  hint: (_, __, signature) => `expected ${signature}`,
};
export const argumentType: M<readonly [name: string, position: number, found: string, expected: string]> = {
  code: "SND1403",
  severity: "error",
  text: (name, position, found) => `argument ${position} of ${name}() is ${found}`,
  hint: (_, __, ___, expected) => `expected ${expected}`,
};
export const needsMap: M<readonly [name: string]> = {
  code: "SND1404",
  severity: "error",
  text: (name) => `${name}() needs a map`,
  hint: (name) => `expected ${name}(@x)`,
};
export const needsKeyedMap: M<readonly [name: string, map: string]> = {
  code: "SND1405",
  severity: "error",
  text: (name, map) => `${name}() needs a map with keys, and ${map} has none`,
};
export const aggregationPlace: M<readonly [name: string]> = {
  code: "SND1406",
  severity: "error",
  text: (name) => `${name}() must be assigned to a map`,
  hint: (name) => `expected @x = ${name}(...) or @x[key] = ${name}(...)`,
};
export const formatCount: M<readonly [wanted: number, given: number]> = {
  code: "SND1407",
  severity: "error",
  text: (wanted, given) =>
    `the format has ${wanted} conversion${wanted === 1 ? "" : "s"} and ${given} argument${given === 1 ? "" : "s"}`,
  hint: () => "expected one argument for each conversion; %% prints a percent sign",
};
export const formatUnknown: M<readonly [conversion: string]> = {
  code: "SND1408",
  severity: "error",
  text: (conversion) => `unknown conversion ${conversion} in the format`,
  hint: () => "known are %d %i %u %x %X %o %c %p %s %r, with flags, width, precision and the sizes hh h l ll z j",
};
export const formatType: M<readonly [conversion: string, found: string, expected: string]> = {
  code: "SND1409",
  severity: "error",
  text: (conversion, found) => `${conversion} can't print ${found}`,
  hint: (_, __, expected) => `expected ${expected}`,
};
export const unsafeFunction: M<readonly [name: string]> = {
  code: "SND1413",
  severity: "error",
  text: (name) => `${name}() is an unsafe function being used in safe mode`,
  hint: () => "it changes what it watches; allow that with --unsafe",
};
export const badAddress: M<readonly [text: string]> = {
  code: "SND1414",
  severity: "error",
  text: (text) => `${text} is not an IP address`,
  hint: () => 'expected one such as "127.0.0.1" or "::1"',
};
export const unknownSymbol: M<readonly [name: string, where: string]> = {
  code: "SND1415",
  severity: "error",
  text: (name, where) => `${where} has no symbol ${name}`,
};
export const noSuchGroup: M<readonly [path: string]> = {
  code: "SND1416",
  severity: "error",
  text: (path) => `there is no control group at ${path}`,
  hint: () => "expected the path of a folder of cgroup2, such as /sys/fs/cgroup/system.slice",
};
export const unknownSignal: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1417",
  severity: "error",
  text: (name) => `unknown signal ${name}`,
  hint: (_, near) => near ?? 'expected a name such as "SIGTERM" or a number from 1 to 64',
};
export const failed: M<readonly [text: string]> = {
  code: "SND1418",
  severity: "error",
  text: (text) => text,
};
export const needsFacts: M<readonly [name: string]> = {
  code: "SND1419",
  severity: "error",
  text: (name) => `${name} needs the system that the script will run on, which is not known here`,
};
export const badOption: M<readonly [name: string, value: string, expected: string]> = {
  code: "SND1420",
  severity: "error",
  text: (name, value) => `--${name}=${value} does not fit the script`,
  hint: (_, __, expected) => `expected ${expected}`,
};
export const longOption: M<readonly [name: string, most: number]> = {
  code: "SND1429",
  severity: "error",
  text: (name) => `the default of the option ${name} is too long`,
  hint: (_, most) => `a text that can be set while the script runs has ${most} bytes at most`,
};
export const unknownSettingValue: M<readonly [name: string]> = {
  code: "SND1421",
  severity: "error",
  text: (name) => `there is no setting ${name} to ask for`,
  hint: () => "known are max_map_keys, max_strlen, print_maps_on_exit and stack_mode",
};
export const unknownStackMode: M<readonly [name: string]> = {
  code: "SND1410",
  severity: "error",
  text: (name) => `unknown stack mode ${name}`,
  hint: () => "expected bpftrace, perf, raw or build_id",
};
export const kernelBuildId: M = {
  code: "SND1428",
  severity: "warning",
  text: () => "the kernel's stacks have no build ids: they are shown in raw mode",
};
export const linearRange: M = {
  code: "SND1411",
  severity: "error",
  text: () => "lhist() needs a minimum below its maximum and a step that divides the range into at most 1000 buckets",
  hint: () => "for example lhist(n, 0, 1000, 100)",
};
export const unknownClock: M<readonly [name: string]> = {
  code: "SND1412",
  severity: "error",
  text: (name) => `unknown clock ${name}`,
  hint: () => "expected boot, monotonic, tai or sw_tai",
};
