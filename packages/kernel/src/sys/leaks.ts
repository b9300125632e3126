/** Finds descriptors that a test left open. */
import { readdirSync, readlinkSync } from "node:fs";

/** Open descriptors of this process that stand for BPF objects, perf events or mappings of them: number and what it is. */
export function openKernelDescriptors(): ReadonlyMap<number, string> {
  const open = new Map<number, string>();
  for (const name of readdirSync("/proc/self/fd")) {
    let target: string;
    try {
      target = readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      continue; // the descriptor that read the folder
    }
    if (/^anon_inode:(bpf|btf|\[perf_event|\[?bpf)/.test(target)) open.set(Number(name), target);
  }
  return open;
}

/** Descriptors in `after` that were not in `before`, as "17 anon_inode:bpf-map". */
export function leaked(before: ReadonlyMap<number, string>, after: ReadonlyMap<number, string>): readonly string[] {
  const found: string[] = [];
  for (const [fd, target] of after) if (before.get(fd) !== target) found.push(`${fd} ${target}`);
  return found;
}
