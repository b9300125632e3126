/** Which CPUs there are. Per-CPU map values come for every possible one, not only for those that are on. */
import { readFileSync } from "node:fs";

/** Numbers of all CPUs that this machine may ever have on, ascending. They cannot change while it runs. */
export function possibleCpus(): readonly number[] {
  return parseCpuList(readFileSync("/sys/devices/system/cpu/possible", "latin1"));
}

/** Numbers of the CPUs that are on now. */
export function onlineCpus(): readonly number[] {
  return parseCpuList(readFileSync("/sys/devices/system/cpu/online", "latin1"));
}

/** The kernel's list format: "0-3,8" is 0, 1, 2, 3, 8. */
export function parseCpuList(text: string): readonly number[] {
  const cpus: number[] = [];
  for (const range of text.trim().split(",")) {
    const [first, last = first] = range.split("-").map(Number);
    if (first === undefined || last === undefined || !(first <= last))
      throw new Error(`not a list of CPUs: ${JSON.stringify(text)}`);
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}
