/** For tests: connections that are sent by a congestion control of our own. */
import { execFileSync } from "node:child_process";

/** Sends some data over loopback in a network namespace of its own, by this congestion control. */
export function sendBy(control: string): void {
  const name = `sonde-cc-${process.pid}`;
  const script = `
    const net = require("node:net");
    const server = net.createServer((socket) => socket.resume()).listen(0, "127.0.0.1", () => {
      const client = net.connect(server.address().port, "127.0.0.1", () => client.end(Buffer.alloc(200000)));
      client.on("close", () => server.close());
    });`;
  execFileSync("ip", ["netns", "add", name]);
  try {
    const inside = ["netns", "exec", name];
    execFileSync("ip", [...inside, "ip", "link", "set", "lo", "up"]);
    execFileSync("ip", [...inside, "sh", "-c", `echo ${control} > /proc/sys/net/ipv4/tcp_congestion_control`]);
    execFileSync("ip", [...inside, process.execPath, "-e", script]);
  } finally {
    execFileSync("ip", ["netns", "del", name]);
  }
}
