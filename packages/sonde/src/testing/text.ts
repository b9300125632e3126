/** Monitors that tests write down as text. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadMonitor, type TestMonitor } from "./monitor.ts";

/** In a guest, the types of the kernel that made the guest's disk: what is built with them was built elsewhere. */
const ELSEWHERE = fileURLToPath(new URL("../../../../host-vmlinux.btf", import.meta.url));

/** Loads the monitor that `text` is; other files stand beside it. */
export async function loadText(text: string, files: Readonly<Record<string, string>> = {}): Promise<TestMonitor> {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-monitor-"));
  try {
    for (const [name, content] of Object.entries({ ...files, "monitor.ts": text }))
      writeFileSync(path.join(folder, name), content);
    return await loadMonitor(path.join(folder, "monitor.ts"), existsSync(ELSEWHERE) ? { btf: ELSEWHERE } : {});
  } finally {
    rmSync(folder, { recursive: true });
  }
}
