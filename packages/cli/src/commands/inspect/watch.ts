/** A view that is drawn again and again, until Ctrl-C. */
import { setTimeout as sleep } from "node:timers/promises";
import { cut } from "./columns.ts";
import type { Screen } from "./screen.ts";

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR = "\x1b[H\x1b[2J";
const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/**
 * Shows what `draw` answers every `seconds`; on a terminal in place, else one frame behind the other.
 * Ends when `signal` is aborted; the last frame stays.
 */
export async function watch(screen: Screen, seconds: number, draw: () => string, signal: AbortSignal): Promise<void> {
  if (screen.isTTY) screen.write(HIDE_CURSOR + CLEAR);
  try {
    // Whoever looks every minute need not wait a minute for the first look.
    for (let wait = Math.min(1, seconds); ; wait = seconds) {
      await sleep(wait * 1000, undefined, { signal });
      screen.write(screen.isTTY ? frame(draw(), screen) : draw());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (screen.isTTY) screen.write(`${SHOW_CURSOR}\n`);
  }
}

/**
 * What does not fit is left out: a terminal that scrolls could not be drawn over. The last row stays
 * empty, for the cursor and what is typed.
 */
function frame(text: string, { width, height }: Screen): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const room = height - 1;
  const shown =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `... ${lines.length - room + 1} more lines`];
  return HOME + shown.map((line) => `${cut(line, width)}${CLEAR_LINE_END}\n`).join("") + CLEAR_BELOW;
}

/** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}
