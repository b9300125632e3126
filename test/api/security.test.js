// What the agent may do, and who may tell it to.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import path from "node:path";
import { test } from "node:test";
import { certificates } from "../../packages/agent/dist/testing/certificates.js";
import { root } from "../../tools/lib/environment.js";
import { scratch } from "../support/prometheus.js";
import { fetchText, freePort, startAgent, startService } from "../support/services.js";

const monitor = `/*
 * ---
 * help: Programs started
 * metrics: [{ map: "@n", name: sonde_test_starts, help: h, labels: [comm] }]
 * ---
 */
tracepoint:sched:sched_process_exec { @n[comm] = count(); }
`;

/** @param {import("node:test").TestContext} context */
function monitors(context) {
  const directory = scratch(context);
  writeFileSync(path.join(directory, "starts.bt"), monitor);
  return directory;
}

/** Bits of include/uapi/linux/capability.h: CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, CAP_SYSLOG, CAP_PERFMON, CAP_BPF. */
const NEEDED = [2, 19, 21, 24, 34, 38, 39].reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);

/** @param {string} status @param {string} name */
const field = (status, name) => BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1]}`);

test("every thread of the agent keeps only what it needs, and monitors go off and on afterwards", async (t) => {
  const agent = await startAgent(t, monitors(t));
  const threads = readdirSync(`/proc/${agent.pid}/task`);
  assert.ok(threads.length > 1);
  for (const thread of threads) {
    const status = readFileSync(`/proc/${agent.pid}/task/${thread}/status`, "utf8");
    for (const set of ["CapEff", "CapPrm", "CapBnd"])
      assert.equal(field(status, set) & ~NEEDED, 0n, `thread ${thread}: ${set} has more than is needed`);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
  }
  const { capabilities, noNewPrivileges } = JSON.parse(await fetchText(`${agent.url}/api/v1/agent`));
  assert.equal(noNewPrivileges, true);
  const held = capabilities.filter((/** @type {{ held: boolean }} */ one) => one.held);
  assert.ok(
    held.every((/** @type {{ reason: string }} */ one) => one.reason !== ""),
    JSON.stringify(held),
  );
  for (const verb of ["disable", "enable"]) {
    const status = JSON.parse(await fetchText(`${agent.url}/api/v1/monitors/starts/${verb}`, { method: "POST" }));
    assert.equal(status.state, verb === "enable" ? "on" : "off", status.reason);
  }
  execFileSync("true");
  assert.match(await fetchText(`${agent.url}/metrics`), /^sonde_test_starts_total\{comm="true"\} [1-9]/m);
});

test("a token that others can read is refused", async (t) => {
  const directory = monitors(t);
  const file = path.join(directory, "token");
  writeFileSync(file, "0123456789abcdef");
  chmodSync(file, 0o644);
  const address = `127.0.0.1:${await freePort()}`;
  const words = ["agent", "--listen", address, "--monitors", directory, "--token-file", file];
  const { status, stderr } = spawnSync(path.join(root, "bin/sonde"), words, { encoding: "utf8", timeout: 20_000 });
  assert.notEqual(status, 0);
  assert.match(stderr, /open to other users \(mode 644\); run: chmod 600/);
});

test("a monitor that the agent may not load says which capability is missing", async (t) => {
  const agent = await startAgent(t, monitors(t), ["--keep-capabilities", "bpf"]);
  const { state, reason } = JSON.parse(await fetchText(`${agent.url}/api/v1/monitors/starts`));
  assert.equal(state, "failed");
  assert.match(reason, /\(EPERM\)/);
  assert.match(
    reason,
    /The agent lacks CAP_PERFMON for tracepoint:sched:sched_process_exec: start it with --keep-capabilities default,perfmon/,
  );
});

test("over TLS, changes need the token or a certificate of the authority; reading does too where it is protected", async (t) => {
  const directory = monitors(t);
  const files = certificates(scratch(t));
  const token = path.join(directory, "token");
  writeFileSync(token, "0123456789abcdef", { mode: 0o600 });
  const listen = `127.0.0.1:${await freePort()}`;
  const tls = ["--tls-cert", files.server, "--tls-key", files.serverKey, "--tls-client-ca", files.authority];
  const words = [
    "agent",
    "--listen",
    listen,
    "--monitors",
    directory,
    "--token-file",
    token,
    ...tls,
    "--protect-reading",
  ];
  // Whether it is ready cannot be asked without credentials: the port is up when it refuses.
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  t.after(() => delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]);
  await startService(t, [path.join(root, "bin/sonde"), ...words], `https://${listen}/livez`);
  /** @param {string} method @param {string} place @param {object} [options] */
  const ask = (method, place, options = {}) =>
    askTls(listen, method, place, { ca: readFileSync(files.authority), ...options });
  const client = { cert: readFileSync(files.client), key: readFileSync(files.clientKey) };
  const stranger = { cert: readFileSync(files.stranger), key: readFileSync(files.strangerKey) };
  const bearer = { headers: { authorization: "Bearer 0123456789abcdef" } };
  const wrong = { headers: { authorization: "Bearer 0123456789abcdee" } };
  for (const [method, place] of /** @type {const} */ ([
    ["POST", "/api/v1/monitors/starts/enable"],
    ["GET", "/metrics"],
  ])) {
    assert.equal(await ask(method, place), 401, method);
    assert.equal(await ask(method, place, stranger), 401, method);
    assert.equal(await ask(method, place, wrong), 403, method);
    assert.equal(await ask(method, place, client), 200, method);
    assert.equal(await ask(method, place, bearer), 200, method);
  }
});

/** The status of an answer. @param {string} address @param {string} method @param {string} place @param {object} options @returns {Promise<number>} */
function askTls(address, method, place, options) {
  const [host, port] = address.split(":");
  return new Promise((resolve, reject) => {
    const call = request({ host, port, method, path: place, agent: false, ...options }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode ?? 0));
    });
    call.once("error", reject).end();
  });
}
