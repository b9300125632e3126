// TCP segments that are sent again.
import { address, counter, decode, monitor, param, readKernel, stream, tracepoint } from "sonde/probe";
import type { KernelStructs, u32 } from "sonde/probe";

monitor("tcpretrans", { help: "TCP retransmissions" });

const only4 = param("ipv4", false, { short: "4", help: "only IPv4" });
const only6 = param("ipv6", false, { short: "6", help: "only IPv6" });

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
    source: decode.ip,
    sport: decode.uint,
    destination: decode.ip,
    dport: decode.uint,
    state: decode.values(STATES),
    sequence: decode.uint,
  },
  { help: "A segment is sent again" },
);

tracepoint("tcp:tcp_retransmit_skb", ({ skbaddr, state, saddr_v6, daddr_v6, sport, dport }) => {
  // The family is told from 5.15 on; an address of IPv4 is an IPv4-mapped one on all kernels.
  const is4 = daddr_v6[10] === 0xff && daddr_v6[11] === 0xff && daddr_v6[0] === 0;
  if ((only4 && !is4) || (only6 && is4)) return;
  retransmits.increment({ state });
  // What TCP keeps in a segment's control buffer begins with the number of its first byte.
  const segment = readKernel<KernelStructs["sk_buff"]>(skbaddr);
  const sequence = readKernel<u32>(address(segment.cb));
  segments.emit({ source: saddr_v6, sport, destination: daddr_v6, dport, state, sequence });
});
