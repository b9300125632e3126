// Debian's Prometheus and VictoriaMetrics as services of a test, and what they answer.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fetchText, freePort, startService } from "./services.js";

/** A directory that goes with the test. @param {import("node:test").TestContext} context */
export function scratch(context) {
  const directory = mkdtempSync(path.join(tmpdir(), "sonde-test-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * @param {import("node:test").TestContext} context
 * @param {{ targets?: readonly string[], options?: readonly string[] }} [given] addresses to scrape each second, more options
 * @returns {Promise<string>} its URL
 */
export async function startPrometheus(context, { targets = [], options = [] } = {}) {
  const directory = scratch(context);
  const address = `127.0.0.1:${await freePort()}`;
  const configuration = {
    global: { scrape_interval: "1s" },
    scrape_configs: targets.length === 0 ? [] : [{ job_name: "sonde", static_configs: [{ targets }] }],
  };
  writeFileSync(path.join(directory, "prometheus.yml"), JSON.stringify(configuration)); // JSON is YAML
  const words = [
    `--config.file=${path.join(directory, "prometheus.yml")}`,
    `--storage.tsdb.path=${path.join(directory, "data")}`,
    `--web.listen-address=${address}`,
    "--log.level=warn",
    ...options,
  ];
  await startService(context, ["prometheus", ...words], `http://${address}/-/ready`);
  return `http://${address}`;
}

/** @param {import("node:test").TestContext} context @returns {Promise<string>} its URL */
export async function startVictoriaMetrics(context) {
  const address = `127.0.0.1:${await freePort()}`;
  const words = [
    `-storageDataPath=${scratch(context)}`,
    `-httpListenAddr=${address}`,
    "-loggerLevel=ERROR",
    // What was received is to be found at once.
    "-search.latencyOffset=0s",
  ];
  await startService(context, ["victoria-metrics", ...words], `http://${address}/health`);
  return `http://${address}`;
}

/**
 * The first value of a query once it satisfies `enough`; else the last one, after 20 s.
 * @param {string} server @param {string} query @param {(value: string) => boolean} [enough] @returns {Promise<string | undefined>}
 */
export async function queried(server, query, enough = () => true) {
  let last;
  for (let attempt = 0; attempt < 200; attempt++) {
    const { data } = JSON.parse(await fetchText(`${server}/api/v1/query?query=${encodeURIComponent(query)}`));
    last = data.result[0]?.value[1];
    if (last !== undefined && enough(last)) break;
    await sleep(100);
  }
  return last;
}
