// An agent with trusted keys loads what they signed, from its directory and from requests, and nothing else.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { root } from "../../tools/lib/environment.js";
import { scratch } from "../support/prometheus.js";
import { startAgent } from "../support/services.js";

const sonde = path.join(root, "bin/sonde");

/** @param {string} name */
const script = (name) => `/*
 * ---
 * help: Programs started
 * metrics: [{ map: "@n", name: sonde_test_${name}, help: h }]
 * ---
 */
tracepoint:sched:sched_process_exec { @n = count(); }
`;

test("signed by sonde, verified by openssl and the agent", async (t) => {
  const folder = scratch(t);
  const at = (/** @type {string} */ name) => path.join(folder, name);
  execFileSync(sonde, ["sign", "--new-key", at("team")]);
  execFileSync(sonde, ["sign", "--new-key", at("stranger")]);
  for (const directory of ["keys", "monitors"]) mkdirSync(at(directory));
  writeFileSync(at("keys/team.pub"), readFileSync(at("team.pub")));
  for (const name of ["signed", "unsigned"]) writeFileSync(at(`monitors/${name}.bt`), script(name));
  execFileSync(sonde, ["sign", "--key", at("team.key"), at("monitors/signed.bt")]);

  const raw = at("raw.sig");
  writeFileSync(raw, Buffer.from(readFileSync(at("monitors/signed.bt.sig"), "latin1"), "base64"));
  const words = [
    "pkeyutl",
    "-verify",
    "-pubin",
    "-inkey",
    at("team.pub"),
    "-rawin",
    "-in",
    at("monitors/signed.bt"),
    "-sigfile",
    raw,
  ];
  assert.match(execFileSync("openssl", words, { encoding: "utf8" }), /Verified Successfully/);

  const agent = await startAgent(t, at("monitors"), ["--trusted-keys", at("keys")]);
  /** @param {string} method @param {string} place @param {RequestInit} [more] @returns {Promise<{ status: number, body: any }>} */
  const ask = async (method, place, more) => {
    const answer = await fetch(`${agent.url}/api/v1/monitors/${place}`, { method, ...more });
    return { status: answer.status, body: await answer.json() };
  };
  assert.equal((await ask("GET", "signed")).body.state, "on");
  const unsigned = (await ask("GET", "unsigned")).body;
  assert.equal(unsigned.state, "failed");
  assert.match(unsigned.reason, /unsigned\.bt is not signed/);

  const body = script("sent");
  writeFileSync(at("sent.bt"), body);
  /** @param {string} key */
  const signature = (key) => {
    execFileSync(sonde, ["sign", "--key", at(key), at("sent.bt")]);
    return { "sonde-signature": readFileSync(at("sent.bt.sig"), "utf8").trim() };
  };
  const send = (/** @type {Record<string, string>} */ headers) =>
    ask("POST", "sent/upgrade?file=sent.bt", { body, headers: { "content-type": "text/plain", ...headers } });
  for (const headers of [{}, signature("stranger.key")]) {
    const refused = await send(headers);
    assert.ok(refused.status >= 400, JSON.stringify(refused.body));
    assert.match(JSON.stringify(refused.body), /not signed|none of the trusted keys/);
  }
  const taken = await send(signature("team.key"));
  assert.deepEqual([taken.status, taken.body.state], [200, "on"], JSON.stringify(taken.body));

  // sonde monitor sends the signature that lies beside the file.
  const upgrade = () =>
    spawnSync(sonde, ["monitor", "upgrade", "other", at("other.bt"), "--agent", agent.url], { encoding: "utf8" });
  writeFileSync(at("other.bt"), script("other"));
  assert.match(upgrade().stderr, /is not signed/);
  writeFileSync(at("other.bt.sig"), "no signature\n");
  assert.match(upgrade().stderr, /other\.bt\.sig is no signature in base64/);
  execFileSync(sonde, ["sign", "--key", at("team.key"), at("other.bt")]);
  const { status, stdout, stderr } = upgrade();
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^other +on/m);
});
