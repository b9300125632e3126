// TCP connections when they end: how long they lived.
import { address, decode, exp2, hash, histogram, ktime, monitor, pid, stream, tracepoint } from "sonde/probe";
import type { u32, u64 } from "sonde/probe";

monitor("tcplife", { help: "Lives of TCP connections", enabled: false });

const AF_INET = 2;
const IPPROTO_TCP = 6;
const [TCP_ESTABLISHED, TCP_CLOSE] = [1, 7];

interface Life {
  since: u64;
  pid: u32;
}
const lives = hash<u64, Life>();
const lifetime = histogram("tcp_connection_seconds", {
  help: "From established to closed",
  unit: "nanoseconds",
  buckets: exp2(16, 42),
});
const ended = stream(
  "connections",
  {
    pid: decode.uint,
    source: decode.ipv4,
    sport: decode.uint,
    destination: decode.ipv4,
    dport: decode.uint,
    lived: decode.duration,
  },
  { help: "A connection has ended" },
);

tracepoint("sock:inet_sock_set_state", (event) => {
  if (event.protocol !== IPPROTO_TCP) return;
  const socket = address(event.skaddr);
  if (event.newstate === TCP_ESTABLISHED) {
    lives.set(socket, { since: ktime(), pid: pid() });
    return;
  }
  if (event.newstate !== TCP_CLOSE) return;
  const life = lives.get(socket);
  if (life === undefined) return;
  const lived = ktime() - life.since;
  lifetime.observe(lived);
  if (event.family === AF_INET) {
    const { saddr, daddr } = event;
    ended.emit({
      pid: life.pid,
      source: saddr[0] | (saddr[1] << 8) | (saddr[2] << 16) | (saddr[3] << 24),
      sport: event.sport,
      destination: daddr[0] | (daddr[1] << 8) | (daddr[2] << 16) | (daddr[3] << 24),
      dport: event.dport,
      lived,
    });
  }
  lives.delete(socket);
});
