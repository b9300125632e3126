// Runs bin/sonde on what it must refuse, and looks for what may be left in the kernel.
import { execFileSync, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bpfObjectsOf } from "../../tools/lib/bpf-objects.js";
import { childEnvironment, root } from "../../tools/lib/environment.js";

const NOBODY = 65534;

/**
 * Its outcome, and the programs and links that it left behind ("prog 12").
 * @param {readonly string[]} words
 * @param {{ nobody?: boolean, input?: string }} [options] `input` that begins with "latin1:" is sent in that encoding
 */
export async function refusal(words, { nobody = false, input = "" } = {}) {
  const before = new Set(objects());
  const child = spawn(path.join(root, "bin/sonde"), words, {
    cwd: "/",
    env: childEnvironment(),
    timeout: 60_000,
    killSignal: "SIGKILL",
    ...(nobody && { uid: NOBODY, gid: NOBODY }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  // It may end before it reads.
  child.stdin.on("error", () => {});
  child.stdin.end(input.startsWith("latin1:") ? Buffer.from(input.slice(7), "latin1") : input);
  /** @type {number | NodeJS.Signals} */
  const status = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? code ?? 1));
  });
  return { status, stdout, stderr, left: await leftBehind(before) };
}

/**
 * What is new in the kernel and held by no living process: others on the machine may trace as well.
 * The kernel frees programs a moment after their last user is gone.
 * @param {ReadonlySet<string>} before
 */
async function leftBehind(before) {
  /** @type {string[]} */
  let left = [];
  for (let attempt = 0; attempt < 200; attempt++) {
    left = objects().filter((object) => !before.has(object));
    if (left.length > 0) {
      const held = heldObjects();
      left = left.filter((object) => !held.has(object));
    }
    if (left.length === 0) return [];
    await sleep(100);
  }
  return left;
}

/** Every program and link of the kernel: "prog 12", "link 3". */
function objects() {
  return ["prog", "link"].flatMap((kind) => {
    const text = execFileSync("bpftool", ["-j", kind, "show"], { encoding: "utf8", maxBuffer: 1 << 26 });
    return JSON.parse(text || "[]").map((/** @type {{ id: number }} */ { id }) => `${kind} ${id}`);
  });
}

function heldObjects() {
  const held = new Set();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const { programs, links } = bpfObjectsOf(Number(pid));
      for (const id of programs) held.add(`prog ${id}`);
      for (const id of links) held.add(`link ${id}`);
    } catch (error) {
      // It ended since, or (process 1 in some machines) lets nobody look.
      const { code = "" } = /** @type {NodeJS.ErrnoException} */ (error);
      if (!["ENOENT", "ESRCH", "EACCES"].includes(code)) throw error;
    }
  }
  return held;
}
