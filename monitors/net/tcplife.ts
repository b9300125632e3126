// TCP connections when they end: how long they lived, and what they carried.
import { address, comm, decode, exp2, hash, histogram, ktime, monitor, param, pid } from "sonde/probe";
import { readKernel, stream, tracepoint } from "sonde/probe";
import type { KernelStructs, text, u32, u64 } from "sonde/probe";

monitor("tcplife", { help: "Lives of TCP connections", enabled: false });

const owner = param("owner", 0, { short: "p", help: "only connections of the process with this number", min: 0 });
const local = param("local_port", 0, { short: "L", help: "only from this port of the machine", min: 0, max: 65535 });
const remote = param("remote_port", 0, {
  short: "D",
  help: "only with this port at the other end",
  min: 0,
  max: 65535,
});
const only4 = param("ipv4", false, { short: "4", help: "only IPv4" });
const only6 = param("ipv6", false, { short: "6", help: "only IPv6" });

const [AF_INET, AF_INET6] = [2, 10];
const IPPROTO_TCP = 6;
const [TCP_ESTABLISHED, TCP_SYN_SENT, TCP_FIN_WAIT1, TCP_CLOSE, TCP_LAST_ACK] = [1, 2, 4, 7, 9];

interface Owner {
  pid: u32;
  comm: text<16>;
}
const since = hash<u64, u64>();
const owners = hash<u64, Owner>();
const lifetime = histogram("tcp_connection_seconds", {
  help: "From established to closed",
  unit: "nanoseconds",
  buckets: exp2(16, 42),
});
const ended = stream(
  "connections",
  {
    pid: decode.uint,
    comm: decode.text,
    source: decode.ip,
    sport: decode.uint,
    destination: decode.ip,
    dport: decode.uint,
    sent: decode.bytes,
    received: decode.bytes,
    lived: decode.duration,
  },
  { help: "A connection has ended" },
);

tracepoint("sock:inet_sock_set_state", (event) => {
  const { newstate, family, sport, dport } = event;
  if (event.protocol !== IPPROTO_TCP) return;
  if ((only4 && family !== AF_INET) || (only6 && family !== AF_INET6)) return;
  if ((local !== 0 && sport !== local) || (remote !== 0 && dport !== remote)) return;
  const socket = address(event.skaddr);
  if (newstate === TCP_ESTABLISHED) since.set(socket, ktime());
  // These changes happen in a call of the process; the others mostly in an interrupt that met anybody.
  if (newstate === TCP_SYN_SENT || newstate === TCP_FIN_WAIT1 || newstate === TCP_LAST_ACK)
    owners.set(socket, { pid: pid(), comm: comm() });
  if (newstate !== TCP_CLOSE) return;
  const began = since.take(socket);
  const who = owners.take(socket);
  if (began === undefined) return;
  const owned = who === undefined ? { pid: pid(), comm: comm() } : { pid: who.pid, comm: who.comm };
  if (owner !== 0 && owned.pid !== owner) return;
  const lived = ktime() - began;
  lifetime.observe(lived);
  const tcp = readKernel<KernelStructs["tcp_sock"]>(event.skaddr);
  ended.emit({
    ...owned,
    source: event.saddr_v6,
    sport,
    destination: event.daddr_v6,
    dport,
    sent: tcp.bytes_acked,
    received: tcp.bytes_received,
    lived,
  });
});
