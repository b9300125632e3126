/** Whether a process that is not our child still runs (`-p`). */
import { readFileSync } from "node:fs";

export interface WatchedProcess {
  readonly pid: number;
  /** False once it has ended, also if its id belongs to another process by now. */
  alive(): boolean;
}

/** Errors: Error when there is no such process. */
export function watchProcess(pid: number): WatchedProcess {
  const start = startTime(pid);
  if (start === undefined) throw new Error(`there is no process ${pid}`);
  return { pid, alive: () => startTime(pid) === start };
}

/** In clock ticks since boot: field 22 of /proc/PID/stat. Undefined for one that is gone or a zombie. */
function startTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold anything; the state comes after the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}
