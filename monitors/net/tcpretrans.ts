// TCP segments that are sent again.
import { counter, decode, monitor, stream, tracepoint } from "sonde/probe";

monitor("tcpretrans", { help: "TCP retransmissions" });

const AF_INET = 2;
const STATES = {
  1: "ESTABLISHED",
  2: "SYN_SENT",
  3: "SYN_RECV",
  4: "FIN_WAIT1",
  5: "FIN_WAIT2",
  6: "TIME_WAIT",
  7: "CLOSE",
  8: "CLOSE_WAIT",
  9: "LAST_ACK",
  10: "LISTEN",
  11: "CLOSING",
};

const retransmits = counter("tcp_retransmits", {
  help: "TCP segments sent again",
  labels: { state: decode.values(STATES) },
});
const segments = stream(
  "retransmits",
  {
    source: decode.ipv4,
    sport: decode.uint,
    destination: decode.ipv4,
    dport: decode.uint,
    state: decode.values(STATES),
  },
  { help: "A segment is sent again" },
);

tracepoint("tcp:tcp_retransmit_skb", ({ family, state, saddr, daddr, sport, dport }) => {
  retransmits.increment({ state });
  if (family !== AF_INET) return;
  segments.emit({
    source: saddr[0] | (saddr[1] << 8) | (saddr[2] << 16) | (saddr[3] << 24),
    sport,
    destination: daddr[0] | (daddr[1] << 8) | (daddr[2] << 16) | (daddr[3] << 24),
    dport,
    state,
  });
});
