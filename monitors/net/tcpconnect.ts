// TCP connections that this machine opens.
import { counter, decode, monitor, param, stream, tracepoint, uid } from "sonde/probe";

monitor("tcpconnect", { help: "TCP connections that are opened from here", enabled: false });

const port = param("port", 0, { short: "P", help: "only to this port", min: 0, max: 65535 });
const user = param("user", -1, { short: "u", help: "only of the user with this number", min: -1 });
const only4 = param("ipv4", false, { short: "4", help: "only IPv4" });
const only6 = param("ipv6", false, { short: "6", help: "only IPv6" });

const [AF_INET, AF_INET6] = [2, 10];
const [TCP_SYN_SENT, TCP_CLOSE] = [2, 7];
const IPPROTO_TCP = 6;

const opened = counter("tcp_connects", { help: "TCP connections opened", labels: { port: decode.port } });
const connects = stream(
  "connects",
  {
    pid: decode.pid,
    comm: decode.comm,
    uid: decode.uid,
    source: decode.ip,
    destination: decode.ip,
    port: decode.uint,
  },
  { help: "A connection is being opened" },
);

tracepoint("sock:inet_sock_set_state", ({ protocol, family, oldstate, newstate, saddr_v6, daddr_v6, dport }) => {
  if (protocol !== IPPROTO_TCP || oldstate !== TCP_CLOSE || newstate !== TCP_SYN_SENT) return;
  if (port !== 0 && dport !== port) return;
  if ((only4 && family !== AF_INET) || (only6 && family !== AF_INET6)) return;
  if (user >= 0 && uid() !== user) return;
  opened.increment({ port: dport });
  connects.emit({ source: saddr_v6, destination: daddr_v6, port: dport });
});
