import assert from "node:assert/strict";
import { test } from "node:test";
import type { Screen } from "./screen.ts";
import { watch } from "./watch.ts";

/** Gathers what is written; `stop` is called after `frames` of them. */
async function watched(
  screen: Partial<Screen>,
  frames: number,
  draw: (frame: number) => string,
): Promise<readonly string[]> {
  const written: string[] = [];
  const controller = new AbortController();
  let frame = 0;
  const whole: Screen = { isTTY: true, width: 80, height: 24, write: (text) => void written.push(text), ...screen };
  await watch(
    whole,
    0.01,
    () => {
      if (++frame === frames) controller.abort();
      return draw(frame);
    },
    controller.signal,
  );
  return written;
}

test("draws in place, clears what is longer than the new text, and shows the cursor again", async () => {
  const written = await watched({}, 2, (frame) => `frame ${frame}\nline\n`);
  assert.deepEqual(written, [
    "\u001b[?25l\u001b[H\u001b[2J",
    "\u001b[Hframe 1\u001b[K\nline\u001b[K\n\u001b[J",
    "\u001b[Hframe 2\u001b[K\nline\u001b[K\n\u001b[J",
    "\u001b[?25h\n",
  ]);
});

test("leaves out what does not fit", async () => {
  const written = await watched({ width: 5, height: 4 }, 1, () => "abcdefgh\n2\n3\n4\n5\n");
  assert.equal(written[1], "\u001b[Habcd…\u001b[K\n2\u001b[K\n... …\u001b[K\n\u001b[J");
});

test("without a terminal frames come one behind the other", async () => {
  assert.deepEqual(await watched({ isTTY: false }, 2, (frame) => `${frame}\n`), ["1\n", "2\n"]);
});

test("shows the cursor again whatever happens", async () => {
  const written: string[] = [];
  const screen: Screen = { isTTY: true, width: 80, height: 24, write: (text) => void written.push(text) };
  const failing = watch(screen, 0.01, () => assert.fail("gone"), new AbortController().signal);
  await assert.rejects(failing, /gone/);
  assert.equal(written.at(-1), "\u001b[?25h\n");
});
