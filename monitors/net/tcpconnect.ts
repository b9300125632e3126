// TCP connections that this machine opens.
import { counter, decode, monitor, param, stream, tracepoint } from "sonde/probe";

monitor("tcpconnect", { help: "TCP connections that are opened from here", enabled: false });

const port = param("port", 0, { help: "only to this port", min: 0, max: 65535 });

const AF_INET = 2;
const [TCP_SYN_SENT, TCP_CLOSE] = [2, 7];
const IPPROTO_TCP = 6;

const opened = counter("tcp_connects", { help: "TCP connections opened", labels: { port: decode.port } });
const connects = stream(
  "connects",
  {
    pid: decode.pid,
    comm: decode.comm,
    source: decode.ipv4,
    destination: decode.ipv4,
    port: decode.uint,
  },
  { help: "A connection is being opened" },
);

tracepoint("sock:inet_sock_set_state", ({ protocol, family, oldstate, newstate, saddr, daddr, dport }) => {
  if (protocol !== IPPROTO_TCP || oldstate !== TCP_CLOSE || newstate !== TCP_SYN_SENT) return;
  if (port !== 0 && dport !== port) return;
  opened.increment({ port: dport });
  if (family !== AF_INET) return;
  connects.emit({
    source: saddr[0] | (saddr[1] << 8) | (saddr[2] << 16) | (saddr[3] << 24),
    destination: daddr[0] | (daddr[1] << 8) | (daddr[2] << 16) | (daddr[3] << 24),
    port: dport,
  });
});
