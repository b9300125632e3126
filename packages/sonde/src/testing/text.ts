/** Monitors that tests write down as text. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadMonitor, type TestMonitor } from "./monitor.ts";

/** Loads the monitor that `text` is; other files stand beside it. */
export async function loadText(text: string, files: Readonly<Record<string, string>> = {}): Promise<TestMonitor> {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-monitor-"));
  try {
    for (const [name, content] of Object.entries({ ...files, "monitor.ts": text }))
      writeFileSync(path.join(folder, name), content);
    return await loadMonitor(path.join(folder, "monitor.ts"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
