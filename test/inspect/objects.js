// Objects for these tests, made by Debian's clang from testdata/.
import { execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { compileBpf } from "../support/clang.js";
import { startSonde } from "../support/sonde.js";

const sources = fileURLToPath(new URL("testdata", import.meta.url));
/** The path of NAME.bpf.o, made from NAME.bpf.c. @param {string} name @param {string} folder */
export function compile(name, folder) {
  const object = path.join(folder, `${name}.bpf.o`);
  if (existsSync(object)) return object;
  return compileBpf(path.join(sources, `${name}.bpf.c`), object);
}

/** @param {readonly string[]} words @returns {any} what bpftool says in JSON */
export function bpftool(...words) {
  return JSON.parse(execFileSync("bpftool", ["-j", ...words], { encoding: "utf8" }));
}

/** Whether the kernel has a program or map. @param {"prog" | "map" | "link"} kind @param {number} id */
export function exists(kind, id) {
  return bpftool(kind, "show").some((/** @type {{ id: number }} */ object) => object.id === id);
}

/** Waits until the kernel has freed it, some time after its last user has gone. @param {"prog" | "map" | "link"} kind @param {number} id */
export async function gone(kind, id) {
  for (let attempt = 0; exists(kind, id); attempt++) {
    if (attempt === 200) throw new Error(`${kind} ${id} is still there after 20 s`);
    await sleep(100);
  }
}

/** Starts `sonde load --attach -o json` and answers what it reports once it is attached. @param {readonly string[]} words */
export async function attached(words) {
  const received = new EventEmitter();
  const line = once(received, "line");
  const loader = startSonde(["load", "--attach", "-o", "json", ...words], {
    onLine: (text) => received.emit("line", text),
  });
  const early = loader.ended.then(({ stderr }) => {
    throw new Error(`sonde load ended before it was attached: ${stderr}`);
  });
  const [report] = await Promise.race([line, early]);
  early.catch(() => {}); // It ends in its time.
  const stop = async () => {
    loader.child.kill("SIGINT");
    return await loader.ended;
  };
  return { ...loader, report: JSON.parse(report), stop };
}

/** A process that waits for `run()` before it makes exactly `count` writes of one byte. @param {number} count */
export function writer(count) {
  const dd = `dd if=/dev/zero of=/dev/null bs=1 count=${count} status=none`;
  const child = spawn("/bin/sh", ["-c", `read line; exec ${dd}`], { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(child, "exit");
  return {
    pid: /** @type {number} */ (child.pid),
    run: async () => {
      child.stdin.end("go\n");
      await ended;
    },
  };
}
