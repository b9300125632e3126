// Monitors of the network, on connections and packets whose numbers are known.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { startSonde } from "../support/sonde.js";
import { freePort } from "../support/services.js";
import { eventsOf, ownName, seriesOf, told } from "./support.js";

/** bash's own connections. @param {string} shell @param {number} port @param {number} count @param {string} [then] */
const connecting = (shell, port, count, then = ":") =>
  `${shell} -c 'for ((i = 0; i < ${count}; i++)); do { ${then}; } 3<>/dev/tcp/127.0.0.1/${port}; done 2>/dev/null; true'`;

async function listener() {
  const server = createServer((socket) =>
    socket
      .on("error", () => {})
      .on("end", () => socket.end())
      .resume(),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => server.close());
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

test("tcpconnect: connections to a port, answered and refused", async () => {
  const port = await listener();
  const { comm, file } = ownName("/bin/bash");
  const lines = await told("tcpconnect", connecting(file, port, 20), ["--port", String(port)]);
  const connects = eventsOf(lines, "connects").filter((event) => event.comm === comm);
  assert.equal(connects.length, 20);
  assert.ok(connects.every((event) => event.port === port && event.destination === "127.0.0.1"));
  assert.equal(seriesOf(lines, "tcp_connects")[0].value, 20);

  const closed = await freePort();
  const refused = await told("tcpconnect", connecting(file, closed, 7), ["--port", String(closed)]);
  assert.equal(seriesOf(refused, "tcp_connects")[0].value, 7);
});

test("tcplife: how long connections lasted", async () => {
  const port = await listener();
  const { file } = ownName("/bin/bash");
  const lines = await told("tcplife", connecting(file, port, 3, "sleep 0.3"));
  const lives = eventsOf(lines, "connections").filter((event) => event.dport === port);
  assert.equal(lives.length, 3, JSON.stringify(lives));
  assert.ok(
    lives.every(({ lived }) => lived >= 290e6 && lived < 3e9),
    JSON.stringify(lives),
  );
});

test("cgroupconnect: every connect() by port and name", async () => {
  const port = await freePort();
  const { comm, file } = ownName("/bin/bash");
  const lines = await told("cgroupconnect", connecting(file, port, 9));
  const own = seriesOf(lines, "connects").filter(({ labels }) => labels.comm === comm);
  assert.deepEqual(
    own.map(({ labels, value }) => [labels.type, labels.port, value]),
    [["stream", port, 9]],
  );
});

test("cgroupconnect: of one program; others connect as ever", async () => {
  const port = await listener();
  const { comm, file } = ownName("/bin/bash");
  const other = ownName("/bin/bash");
  const connect = (/** @type {string} */ shell) =>
    `${shell} -c "for i in 1 2 3 4; do : 3<>/dev/tcp/127.0.0.1/${port} || exit 1; done"`;
  const command = `sh -c '${connect(file)} && ${connect(other.file)}'`;
  const own = seriesOf(await told("cgroupconnect", command, ["--comm", comm]), "connects");
  assert.deepEqual(
    own.map(({ labels, value }) => [labels.comm, labels.port, value]),
    [[comm, port, 4]],
  );
});

test("tcpdrop: a segment to a port where nobody listens", async () => {
  const port = await freePort();
  const { file } = ownName("/bin/bash");
  const lines = await told("tcpdrop", connecting(file, port, 30));
  const drops = seriesOf(lines, "packet_drops").filter(({ labels }) => labels.protocol === "ipv4");
  const unheard = drops.find(({ labels }) => labels.reason.endsWith("NO_SOCKET"));
  // Each asks once; others on this machine may knock in vain meanwhile.
  assert.ok(unheard?.value >= 30 && unheard.value < 60, JSON.stringify(drops));
});

/** Two ends of a wire: one in a network namespace of this test's own. */
function wire() {
  const name = `smon${process.pid}`;
  const [here, there] = [`a${process.pid}`, `b${process.pid}`];
  const ip = (/** @type {string} */ words) => execFileSync("ip", words.split(" "));
  ip(`netns add ${name}`);
  after(() => ip(`netns del ${name}`));
  ip(`link add ${here} type veth peer name ${there} netns ${name}`);
  ip(`addr add 10.213.77.1/30 dev ${here}`);
  ip(`link set ${here} up`);
  ip(`-n ${name} addr add 10.213.77.2/30 dev ${there}`);
  ip(`-n ${name} link set ${there} up`);
  return { name, here };
}

const net = wire();

test("xdpcount: datagrams and pings that come in at an interface", async () => {
  const { file } = ownName("/bin/bash");
  const send = `for ((i = 0; i < 40; i++)); do echo x >/dev/udp/10.213.77.1/9; done`;
  const lines = await told("xdpcount", `ip netns exec ${net.name} ${file} -c '${send}; true'`, ["--device", net.here]);
  const udp = seriesOf(lines, "received_packets").filter(({ labels }) => labels.protocol === "udp");
  assert.deepEqual(
    udp.map(({ labels, value }) => [labels.ethertype, value]),
    [["ipv4", 40]],
    JSON.stringify(lines),
  );
  // 14 of Ethernet, 20 of IPv4, 8 of UDP, 2 of data.
  const bytes = seriesOf(lines, "received_bytes").find(({ labels }) => labels.protocol === "udp");
  assert.equal(bytes.value, 40 * 44);
});

test("tcpretrans: a connection into a hole is tried again", async () => {
  // The other end takes no packet for this address: nothing answers.
  execFileSync("ip", ["route", "add", "10.213.78.2/32", "via", "10.213.77.2"]);
  after(() => execFileSync("ip", ["route", "del", "10.213.78.2/32"]));
  const { file } = ownName("/bin/bash");
  const sonde = ["run", "tcpretrans", "-q", "-o", "jsonl"];
  const dump = spawn("tcpdump", ["-i", "any", "-nn", "-S", "-l", "-c", "1", "dst host 10.213.78.2"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const packet = text(dump.stdout);
  // Where it listens is the first that it says.
  await once(dump.stderr, "data");
  const run = startSonde([...sonde, "-c", `timeout 3.6 ${file} -c ': >/dev/tcp/10.213.78.2/99'`]);
  const { stdout } = await run.ended;
  const lines = stdout
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const again = eventsOf(lines, "retransmits").filter((event) => event.destination === "10.213.78.2");
  // After one second and after two more; kernels from 6.5 on send the first ones a second apart.
  assert.ok(again.length >= 2 && again.length <= 3, stdout);
  assert.ok(again.every((event) => event.state === "SYN_SENT" && event.dport === 99));
  const [, sequence] = /seq (\d+)/.exec(await packet) ?? [];
  assert.ok(
    again.every((event) => event.sequence === Number(sequence)),
    `${sequence}: ${stdout}`,
  );
});
