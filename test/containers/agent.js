// An agent whose monitors tell who wrote.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../tools/lib/environment.js";
import { fetchText, freePort, startService } from "../support/services.js";

/** A monitor's text: writes by container and pod. @param {string} name @param {string} [filter] YAML */
export function writesMonitor(name, filter) {
  return `/*
 * ---
 * help: Writes of dd by who it is
${filter === undefined ? "" : ` * filter: ${filter}\n`} * metrics:
 *   - map: "@writes"
 *     name: ${name}
 *     help: Calls of write(2)
 *     labels:
 *       - { name: container, part: 1, decode: container }
 *       - { name: id, part: 1, decode: container_id }
 *       - { name: pod, part: 1, decode: pod }
 *       - { name: namespace, part: 1, decode: namespace }
 *       - { name: app, part: 1, decode: pod_label, key: app }
 *       - { name: runtime, part: 1, decode: container_runtime }
 *       - { name: cgroup, part: 1, decode: cgroup }
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @writes[cgroup] = count(); }
`;
}

/**
 * @param {import("node:test").TestContext} context
 * @param {string} hostRoot where containers' files are
 * @param {Record<string, string>} monitors their text by name
 * @param {readonly string[]} [words] more options
 */
export async function startAgent(context, hostRoot, monitors, words = []) {
  for (const [name, text] of Object.entries(monitors)) writeFileSync(path.join(hostRoot, `${name}.bt`), text);
  const address = `127.0.0.1:${await freePort()}`;
  const options = ["--listen", address, "--monitors", hostRoot, "--host-root", hostRoot, ...words];
  const service = await startService(
    context,
    [path.join(root, "bin/sonde"), "agent", ...options],
    `http://${address}/readyz`,
  );
  return { ...service, url: `http://${address}` };
}

/**
 * The series of a metric, each as an object of its labels and its value.
 * @param {string} url @param {string} name
 * @returns {Promise<(Record<string, string> & { value: number })[]>}
 */
export async function seriesOf(url, name) {
  const text = await fetchText(`${url}/metrics`);
  return text.split("\n").flatMap((line) => {
    const [, labels, value] = new RegExp(`^${name}_total\\{(.*)\\} (\\d+)$`).exec(line) ?? [];
    if (labels === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text = ""]) => [key, text]);
    return [{ ...Object.fromEntries(pairs), value: Number(value) }];
  });
}
