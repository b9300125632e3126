// For every monitor something that happens in a known amount, small enough for a guest, and what must be told of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { lookup } from "node:dns";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { folder, eventsOf, ownName, seriesOf } from "../support.js";
import { hungryGroup } from "../memory-group.js";
import { objectFolder } from "./objects.js";

/**
 * @typedef {object} Workload
 * @property {readonly import("@sonde/kernel/testing").KernelFeature[]} [needs]
 * @property {Readonly<Record<string, string>>} [params] what it is set to
 * @property {() => any} [prepare] what is made before the monitor watches
 * @property {(prepared: any) => unknown} run
 * @property {(lines: any[], prepared: any) => void} check
 */

/** Runs a program to its end, without blocking this process, which may be the other end. @param {string} file @param {readonly string[]} words */
async function program(file, words) {
  const child = spawn(file, words, { stdio: "ignore" });
  await once(child, "close");
}

/** @param {{ file: string }} shell @param {string} script */
const bash = ({ file }, script) => program(file, ["-c", `${script}; true`]);

/** @param {any[]} list @param {(each: any) => number} of */
const sum = (list, of) => list.reduce((/** @type {number} */ all, each) => all + of(each), 0);

/** @param {number} value @param {number} least @param {number} most */
function between(value, least, most) {
  assert.ok(value >= least && value <= most, `${value} is not from ${least} to ${most}`);
}

const WRITES = 25;
/** A request that is done while another program runs on the same CPU goes unseen: the kernel runs one at a time. */
const UNSEEN = 5;
/** Writes past the page cache, one request each. @param {{ file: string }} dd */
async function writeDisk({ file }) {
  const target = path.join(objectFolder, "written");
  const words = ["if=/dev/zero", `of=${target}`, "bs=4096", `count=${WRITES}`, "oflag=direct", "status=none"];
  await program(file, words);
  rmSync(target);
}

const CONNECTIONS = 12;
async function connectTo(/** @type {{ file: string }} */ shell, /** @type {string} */ then = ":") {
  const server = createServer((socket) =>
    socket
      .on("error", () => {})
      .on("end", () => socket.end())
      .resume(),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await bash(shell, `for ((i = 0; i < ${CONNECTIONS}; i++)); do { ${then}; } 3<>/dev/tcp/127.0.0.1/${port}; done`);
  server.close();
}

/** Nobody listens there. */
const CLOSED_PORT = 9;

const dd = (/** @type {{ file: string }} */ { file }, /** @type {number} */ count) =>
  program(file, ["if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`, "status=none"]);

/** From the project's root, on every machine. */
const SAMPLE = "packages/kernel/testdata/usdt-sample";

/** @type {Readonly<Record<string, Workload>>} */
export const WORKLOADS = {
  biolatency: {
    prepare: () => ownName("/bin/dd"),
    run: writeDisk,
    check: (lines) => {
      const writes = seriesOf(lines, "block_io_latency_seconds").filter(({ labels }) =>
        labels.operation.startsWith("W"),
      );
      between(
        sum(writes, ({ buckets }) => sum(buckets, ({ count }) => count)),
        WRITES,
        WRITES + 300,
      );
    },
  },
  biosnoop: {
    prepare: () => ownName("/bin/dd"),
    run: writeDisk,
    check: (lines, { comm }) => {
      const own = eventsOf(lines, "requests").filter((event) => event.comm === comm && event.sectors === 8);
      between(own.length, WRITES - UNSEEN, WRITES + 5);
      assert.ok(own.every(({ latency }) => latency > 0));
    },
  },
  cgroupconnect: {
    prepare: () => ownName("/bin/bash"),
    run: (shell) =>
      bash(shell, `for ((i = 0; i < 9; i++)); do : 3<>/dev/tcp/127.0.0.1/${CLOSED_PORT}; done 2>/dev/null`),
    check: (lines, { comm }) => {
      const own = seriesOf(lines, "connects").filter(({ labels }) => labels.comm === comm);
      assert.deepEqual(
        own.map(({ labels, value }) => [labels.type, labels.port, value]),
        [["stream", CLOSED_PORT, 9]],
      );
    },
  },
  execsnoop: {
    prepare: () => ownName("/bin/true"),
    run: ({ file }) => program("bash", ["-c", `for i in 1 2 3 4 5; do ${file} one two; done`]),
    check: (lines, { file }) => {
      const own = eventsOf(lines, "starts").filter((event) => event.path === file);
      assert.equal(own.length, 5);
      assert.ok(own.every(({ arg1, arg2, error }) => arg1 === "one" && arg2 === "two" && error === 0));
    },
  },
  funclatency: {
    needs: ["kprobe", "kretprobe"],
    prepare: () => ownName("/bin/dd"),
    run: (own) => dd(own, 500),
    check: (lines, { comm }) => {
      const calls = seriesOf(lines, "function_calls").filter(({ labels }) => labels.comm === comm);
      between(
        sum(calls, ({ value }) => value),
        500,
        520,
      );
    },
  },
  gethostlatency: {
    needs: ["uprobe"],
    run: () => Promise.all([1, 2, 3].map(() => new Promise((resolve) => lookup("localhost", { all: true }, resolve)))),
    check: (lines) => {
      const own = eventsOf(lines, "lookups").filter(({ pid, host }) => pid === process.pid && host === "localhost");
      assert.equal(own.length, 3);
      assert.ok(own.every(({ latency, result }) => latency > 0 && result === 0));
    },
  },
  offcputime: {
    prepare: () => ownName("/bin/sleep"),
    run: ({ file }) => program(file, ["0.5"]),
    check: (lines, { comm }) => {
      const waits = seriesOf(lines, "off_cpu_seconds").filter(({ labels }) => labels.comm === comm);
      between(
        sum(waits, ({ value }) => value),
        0.495e9,
        5e9,
      );
      assert.ok(waits.some(({ labels }) => JSON.stringify(labels.stack).includes("nanosleep")));
    },
  },
  oomkill: {
    prepare: () => hungryGroup(folder),
    run: ({ script }) => program("sh", ["-c", `sh ${script}; true`]),
    check: (lines, { victim, remove }) => {
      remove();
      assert.equal(eventsOf(lines, "victims").filter(({ pid }) => pid === victim()).length, 1);
    },
  },
  opensnoop: {
    prepare: () => ownName("/bin/cat"),
    run: ({ file }) => bash({ file: "bash" }, `${file} /etc/passwd /absent/1 /absent/2 /absent/3 >/dev/null 2>&1`),
    check: (lines, { comm }) => {
      const own = eventsOf(lines, "opens").filter((event) => event.comm === comm);
      assert.deepEqual(
        own.filter(({ path: name }) => name.startsWith("/absent/")).map(({ path: name, error }) => [name, error]),
        [1, 2, 3].map((each) => [`/absent/${each}`, 2]),
      );
      assert.equal(own.filter((event) => event.path === "/etc/passwd" && event.fd >= 0).length, 1);
    },
  },
  runqlat: {
    prepare: () => ownName("/bin/bash"),
    // The kernel's own books: the third figure of schedstat says how often the thread was put on a CPU.
    run: (shell) =>
      bash(
        shell,
        `for ((i = 0; i < 20; i++)); do read -t 0.02 < <(:); sleep 0.01; done; cat /proc/$$/schedstat >${path.join(folder, "books")}`,
      ),
    check: (lines, { comm }) => {
      const [latency] = seriesOf(lines, "run_queue_latency_seconds").filter(({ labels }) => labels.comm === comm);
      const turns = Number(readFileSync(path.join(folder, "books"), "utf8").trim().split(" ")[2]);
      const seen = sum(latency.buckets, ({ count }) => count);
      // The shell's children bear its name until they start a program.
      between(seen, turns * 0.8, turns * 6);
    },
  },
  syscount: {
    prepare: () => ownName("/bin/dd"),
    run: (own) => dd(own, 2000),
    check: (lines) => {
      for (const name of ["read", "write"]) {
        const [calls] = seriesOf(lines, "syscalls").filter(({ labels }) => labels.call === name);
        between(calls.value, 2000, 2000 + 5000);
      }
    },
  },
  tcpconnect: {
    prepare: () => ownName("/bin/bash"),
    run: (shell) => connectTo(shell),
    check: (lines, { comm }) => {
      const own = eventsOf(lines, "connects").filter((event) => event.comm === comm);
      assert.equal(own.length, CONNECTIONS);
      assert.ok(own.every(({ destination }) => destination === "127.0.0.1"));
    },
  },
  tcpdrop: {
    prepare: () => ownName("/bin/bash"),
    run: (shell) =>
      bash(shell, `for ((i = 0; i < 9; i++)); do : 3<>/dev/tcp/127.0.0.1/${CLOSED_PORT}; done 2>/dev/null`),
    check: (lines) => {
      const drops = seriesOf(lines, "packet_drops").filter(({ labels }) => labels.protocol === "ipv4");
      between(
        sum(drops, ({ value }) => value),
        9,
        60,
      );
      const refused = eventsOf(lines, "segments").filter(({ dport }) => dport === CLOSED_PORT);
      between(refused.length, 9, 20);
      assert.ok(
        refused.every(({ source, flags }) => source === "127.0.0.1" && flags === "0x2"),
        JSON.stringify(refused),
      );
    },
  },
  tcplife: {
    prepare: () => ownName("/bin/bash"),
    run: (shell) => connectTo(shell, "sleep 0.02; printf ping >&3"),
    check: (lines, { comm }) => {
      const lives = eventsOf(lines, "connections").filter(({ lived }) => lived >= 20e6);
      between(lives.length, CONNECTIONS, CONNECTIONS * 2);
      // Four bytes, and one for each of SYN and FIN, as the kernel counts them.
      assert.ok(
        lives.some(({ comm: owner, sent }) => owner === comm && sent === 6),
        JSON.stringify(lives),
      );
    },
  },
  tcpretrans: {
    // Packets to this address come back by the loopback, where they are nobody's: nothing answers.
    run: async () => {
      const address = "10.213.79.2";
      await program("ip", ["route", "add", `${address}/32`, "dev", "lo"]);
      await program("bash", ["-c", `(: 3<>/dev/tcp/${address}/99) 2>/dev/null & sleep 1.6; kill $! ; true`]);
      await program("ip", ["route", "del", `${address}/32`]);
    },
    check: (lines) => {
      const again = eventsOf(lines, "retransmits").filter(({ destination }) => destination === "10.213.79.2");
      between(again.length, 1, 3);
      assert.ok(again.every(({ state, dport }) => state === "SYN_SENT" && dport === 99));
    },
  },
  usdtcount: {
    needs: ["uprobe"],
    params: { path: SAMPLE, provider: "sonde_test", point: "plain" },
    run: () => program("sh", ["-c", `echo x | ${SAMPLE}`]),
    check: (lines) =>
      assert.deepEqual(
        lines.map(({ labels, value }) => [labels.provider, labels.point, labels.comm, value]),
        [["sonde_test", "plain", "usdt-sample", 10]],
      ),
  },
  xdpcount: {
    run: async () => {
      await program("bash", ["-c", "for ((i = 0; i < 40; i++)); do echo x >/dev/udp/127.0.0.1/9; done; true"]);
      await sleep(50);
    },
    check: (lines) => {
      const udp = seriesOf(lines, "received_packets").filter(({ labels }) => labels.protocol === "udp");
      between(
        sum(udp, ({ value }) => value),
        40,
        60,
      );
    },
  },
};
