// Packets that the kernel drops, and why it says so.
import { counter, decode, kernelStack, monitor, tracepoint } from "sonde/probe";

monitor("tcpdrop", { help: "Packets dropped by the kernel, with its reasons", enabled: false });

const ETHERTYPES = { 0: "none", 0x0800: "ipv4", 0x0806: "arp", 0x86dd: "ipv6" };

const drops = counter("packet_drops", {
  help: "Packets dropped",
  labels: { reason: decode.kernelEnum("skb_drop_reason"), protocol: decode.values(ETHERTYPES) },
});
const places = counter("packet_drop_places", {
  help: "Packets dropped, by where in the kernel",
  labels: { stack: decode.kernelStack },
});

tracepoint("skb:kfree_skb", ({ reason, protocol }) => {
  drops.increment({ reason, protocol });
  places.increment({ stack: kernelStack() });
});
