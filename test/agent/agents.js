// An agent with a state directory that may be killed and started again at the same address.
import { readdirSync, rmdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../tools/lib/environment.js";
import { fetchText, freePort, startService } from "../support/services.js";
import { sample, scratch } from "./load.js";

/** @typedef {{ state: string, reason?: string, version: { number: number, name?: string, settled: boolean, canRollBack: boolean, attached: { place: string, way: string, pinned: boolean }[] }, lost: Record<string, number>, [key: string]: any }} Status */

/**
 * @param {import("node:test").TestContext} context
 * @param {string} monitors
 * @param {readonly string[]} [options]
 */
export async function persistentAgent(context, monitors, options = []) {
  const state = scratch(context);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const words = ["--listen", address, "--monitors", monitors, "--state", state, ...options];
  const command = [path.join(root, "bin/sonde"), "agent", ...words];
  const start = () => startService(context, command, `${url}/readyz`);
  let service = await start();
  // Whatever the test came to, nothing of it stays attached.
  context.after(() => removePins(pinsOf(state)));

  /** @param {string} what @param {RequestInit} [request] @returns {Promise<Status>} */
  const call = async (what, request) => {
    const answer = await fetch(`${url}/api/v1/monitors/${what}`, request);
    const body = /** @type {any} */ (await answer.json());
    if (!answer.ok && answer.status !== 422)
      throw new Error(`${what} answered ${answer.status}: ${JSON.stringify(body)}`);
    return body;
  };
  return {
    url,
    state,
    pins: pinsOf(state),
    pid: () => service.pid,
    output: () => service.output(),
    /** @param {string} name */
    show: (name) => call(name),
    /** @param {string} what "NAME/enable" @param {RequestInit} [request] */
    post: (what, request) => call(what, { method: "POST", ...request }),
    call,
    /** @param {string} name @param {string} file @param {string | Uint8Array<ArrayBuffer>} body */
    upgrade: (name, file, body) =>
      call(`${name}/upgrade?file=${file}`, {
        method: "POST",
        body,
        headers: { "content-type": "application/octet-stream" },
      }),
    /** @param {string} series */
    sample: async (series) => sample(await fetchText(`${url}/metrics`), series),
    /** `kill -9`, and a new start. */
    killAndStart: async () => {
      process.kill(service.pid, "SIGKILL");
      await service.stop();
      service = await start();
    },
    /** @param {NodeJS.Signals} signal */
    end: (signal) => service.stop(signal),
    start: async () => {
      service = await start();
    },
  };
}

/** Where an agent with this state directory has its pins. @param {string} state */
function pinsOf(state) {
  return `/sys/fs/bpf/sonde/${state
    .slice(1)
    .replace(/[^A-Za-z0-9/]/g, (c) => `_${c.charCodeAt(0).toString(16)}`)
    .replaceAll("/", "-")}`;
}

/** Every pin below a folder. @param {string} folder @returns {string[]} */
export function pinsBelow(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? pinsBelow(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
    );
  } catch {
    return [];
  }
}

/** @param {string} folder */
function removePins(folder) {
  for (const pin of pinsBelow(folder)) rmSync(pin);
  for (const entry of entries(folder)) removePins(`${folder}/${entry}`);
  try {
    rmdirSync(folder);
  } catch {
    // It was never made.
  }
}

/** @param {string} folder */
function entries(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What a look finds, as soon as it finds something. @template T @param {() => Promise<T | undefined>} look @returns {Promise<T>} */
export async function until(look) {
  for (let attempt = 0; attempt < 150; attempt++) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error("it did not happen within 15 s");
}
