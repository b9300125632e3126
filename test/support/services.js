// Long-running programs of a test: an agent, a Prometheus server. Always stopped at the test's end.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { childEnvironment, root } from "../../tools/lib/environment.js";

/**
 * Starts a program, waits until a page of it answers 200, and stops it after the test.
 * @param {import("node:test").TestContext} context
 * @param {readonly string[]} command
 * @param {string} readyUrl
 */
export async function startService(context, command, readyUrl) {
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd: root,
    env: childEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said = (said + chunk).slice(-8000)));
  /** @type {Promise<number | NodeJS.Signals>} */
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(signal ?? status ?? 1));
  });
  const early = ended.then((how) => {
    throw new Error(`${command.join(" ")} ended (${how}) before ${readyUrl} answered:\n${said}`);
  });
  const stop = async (/** @type {NodeJS.Signals} */ signal = "SIGTERM") => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const how = await ended;
    clearTimeout(timer);
    return how;
  };
  context.after(() => stop());
  await Promise.race([untilAnswering(readyUrl, () => said), early]);
  early.catch(() => {});
  return { pid: /** @type {number} */ (child.pid), stop, output: () => said };
}

/** @param {string} url @param {() => string} said */
async function untilAnswering(url, said) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`${url} did not answer within 20 s:\n${said()}`);
}

/** A TCP port of the loopback that was free a moment ago. @returns {Promise<number>} */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

/** An agent with the monitors of a directory. @param {import("node:test").TestContext} context @param {string} monitors @param {readonly string[]} options */
export async function startAgent(context, monitors, options = []) {
  const address = `127.0.0.1:${await freePort()}`;
  const command = [path.join(root, "bin/sonde"), "agent", "--listen", address, "--monitors", monitors, ...options];
  const service = await startService(context, command, `http://${address}/readyz`);
  return { ...service, address, url: `http://${address}` };
}

/** One page as text. @param {string} url @param {RequestInit} [request] */
export async function fetchText(url, request) {
  const answer = await fetch(url, request);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${request?.method ?? "GET"} ${url} answered ${answer.status}: ${text}`);
  return text;
}
