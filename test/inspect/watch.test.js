// The live view: on a terminal of 80 columns nothing wraps, and Ctrl-C leaves the terminal as it was.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after, before, test } from "node:test";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { startSonde } from "../support/sonde.js";
import { attached, compile } from "./objects.js";
import { temporaryFolder } from "../support/folder.js";

/** @type {Awaited<ReturnType<typeof attached>>} */
let loader;
before(async () => void (loader = await attached([compile("writes", temporaryFolder())])));
after(async () => void (await loader.stop()));

const HOME = "\u001b[H";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";

/**
 * What a terminal of `columns` by `rows` is sent, until Ctrl-C is typed after four frames, and how sonde
 * ends. No shell stays between: Ctrl-C reaches every process of the terminal.
 * @param {number} columns
 * @param {number} rows
 */
async function onTerminal(columns, rows) {
  const sonde = `stty cols ${columns} rows ${rows}; exec ${path.join(root, "bin/sonde")} inspect --watch --interval 0.2`;
  const terminal = spawn("script", ["--quiet", "--return", "--command", sonde, "/dev/null"], {
    env: childEnvironment(),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(terminal, "close");
  let output = "";
  let asked = false;
  terminal.stdout.on("data", (chunk) => {
    output += chunk;
    if (asked || output.split(HOME).length < 6) return;
    asked = true;
    terminal.stdin.write("\u0003");
  });
  const [status] = await ended;
  return { output, status };
}

test("frames fit the terminal, and Ctrl-C gives it back", async () => {
  const { output, status } = await onTerminal(80, 24);
  assert.equal(status, 0);
  // The first HOME is of clearing the screen.
  const [start = "", , ...frames] = output.split(HOME);
  assert.ok(start.includes(HIDE_CURSOR));
  assert.equal(output.slice(output.lastIndexOf(SHOW_CURSOR)), `${SHOW_CURSOR}\r\n`);
  assert.ok(frames.length >= 4, `${frames.length} frames`);
  for (const frame of frames) {
    const lines = plain(frame.split(SHOW_CURSOR)[0] ?? "").split("\n");
    assert.ok(lines.length <= 24, `${lines.length} lines`); // the cursor's included
    for (const line of lines) assert.ok(line.length <= 80, `${line.length} columns: ${line}`);
    assert.match(lines.join("\n"), /^\d+ programs?, \d+ maps?/);
  }
  assert.match(plain(frames.at(-1) ?? ""), /count_writes/);
});

test("what is too much for a low terminal is counted", async () => {
  const { output } = await onTerminal(60, 6);
  const frame = plain(output.split(HOME).at(-1) ?? "");
  assert.match(frame, /^\.\.\. \d+ more lines$/m);
});

test("in JSON, one object a line, with costs", async () => {
  /** @type {any[]} */
  const frames = [];
  const watching = startSonde(["inspect", "--watch", "--interval", "0.2", "-o", "json", "--pid", String(loader.pid)], {
    onLine: (line) => {
      frames.push(JSON.parse(line));
      if (frames.length === 3) watching.child.kill("SIGINT");
    },
  });
  const { status } = await watching.ended;
  assert.equal(status, 0);
  for (const { programs } of frames) {
    assert.equal(programs.length, 1);
    assert.equal(typeof programs[0].cost.eventsPerSecond, "number");
  }
});

/** Without escape sequences and a terminal's line ends. @param {string} text */
function plain(text) {
  // oxlint-disable-next-line no-control-regex -- escape sequences are what this is about
  return text.replace(/\u001b\[[?0-9;]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
}
