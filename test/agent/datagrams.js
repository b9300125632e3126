// Datagrams of a known number: out of a network namespace and a control group of a test's own, in at an interface here.
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { unifiedMount } from "@sonde/kernel/cgroups";
import { PAYLOAD, PORT } from "./network-monitors.js";

const HERE = "10.213.79.1";
const THERE = "10.213.79.2";

/**
 * In bursts that no queue on the way is too short for, until its input ends or it has sent so many; prints how many
 * were sent.
 */
const SENDER = `
  const socket = require("node:dgram").createSocket("udp4");
  const most = Number(process.argv[1]);
  let going = true, sent = 0, failed = 0;
  process.stdin.on("end", () => { going = false; }).resume();
  const payload = Buffer.alloc(${PAYLOAD});
  const burst = () => {
    if (!going || sent >= most) return socket.close(() => { console.log(sent); process.exit(failed === 0 ? 0 : 1); });
    let left = Math.min(32, most - sent);
    for (let i = left; i > 0; i--) socket.send(payload, ${PORT}, "${HERE}", (error) => {
      if (error) failed++; else sent++;
      if (--left === 0) setTimeout(burst, 1);
    });
  };
  burst();
`;

/** @param {import("node:test").TestContext} context */
export async function wire(context) {
  const name = `snet${process.pid}`;
  const [device, peer] = [`sa${process.pid}`, `sb${process.pid}`];
  const ip = (/** @type {string} */ words) => execFileSync("ip", words.split(" "));
  const path = `/sonde-net-${process.pid}`;
  const folder = `${unifiedMount()}${path}`;
  mkdirSync(folder);
  ip(`netns add ${name}`);
  context.after(() => {
    ip(`netns del ${name}`);
    rmdirSync(folder);
  });
  const connect = () => {
    ip(`link add ${device} type veth peer name ${peer} netns ${name}`);
    ip(`addr add ${HERE}/30 dev ${device}`);
    ip(`link set ${device} up`);
    ip(`-n ${name} addr add ${THERE}/30 dev ${peer}`);
    ip(`-n ${name} link set ${peer} up`);
  };
  connect();
  // Somebody to take them: else each is answered by an error.
  const receiver = createSocket("udp4").bind(PORT, HERE);
  await once(receiver, "listening");
  context.after(() => receiver.close());

  /** Sends until {@link stop}, or so many. @param {number} [count] */
  const send = (count = Infinity) => {
    // Into the group first: in the namespace /sys is another one.
    const script = `echo $$ > ${folder}/cgroup.procs && exec ip netns exec ${name} "$0" -e '${SENDER}' ${count}`;
    const child = spawn("sh", ["-c", script, process.execPath], { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => void (text += chunk));
    const ended = once(child, "close").then(([status]) => {
      if (status !== 0) throw new Error(`the sender ended with ${status}`);
      return Number(text);
    });
    return {
      ended,
      /** How many there were. @returns {Promise<number>} */
      stop: () => {
        child.stdin.end();
        return ended;
      },
    };
  };
  const index = readFileSync(`/sys/class/net/${device}/ifindex`, "utf8").trim();
  const unplug = () => ip(`link del ${device}`);
  return { device, index, group: path, send, connect, unplug };
}
