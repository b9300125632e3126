// Packets that the kernel drops, and why it says so; those of TCP one by one.
import { address, byteSwap, counter, decode, kernelStack, monitor, param, readKernel, stream } from "sonde/probe";
import { tracepoint, u16 } from "sonde/probe";
import type { KernelStructs, array, u8 } from "sonde/probe";

monitor("tcpdrop", { help: "Packets dropped by the kernel, with its reasons", enabled: false });

const only4 = param("ipv4", false, { short: "4", help: "only IPv4" });
const only6 = param("ipv6", false, { short: "6", help: "only IPv6" });

const [IPV4, IPV6] = [0x0800, 0x86dd];
const ETHERTYPES = { 0: "none", 0x0800: "ipv4", 0x0806: "arp", 0x86dd: "ipv6" };
const IPPROTO_TCP = 6;

const drops = counter("packet_drops", {
  help: "Packets dropped",
  labels: { reason: decode.kernelEnum("skb_drop_reason"), protocol: decode.values(ETHERTYPES) },
});
const places = counter("packet_drop_places", {
  help: "Packets dropped, by where in the kernel",
  labels: { stack: decode.kernelStack },
});
const segments = stream(
  "segments",
  {
    source: decode.ip,
    sport: decode.uint,
    destination: decode.ip,
    dport: decode.uint,
    flags: decode.hex,
    reason: decode.kernelEnum("skb_drop_reason"),
    location: decode.kernelSymbol,
  },
  { help: "A segment of TCP was dropped" },
);

/** The header of IP at this address says that TCP is inside, whose header is `size` bytes behind. */
function segment(source: array<u8, 16>, destination: array<u8, 16>, tcp: number, reason: number, location: number) {
  segments.emit({
    source,
    destination,
    sport: byteSwap(u16(readKernel<u16>(tcp))),
    dport: byteSwap(u16(readKernel<u16>(tcp + 2))),
    flags: readKernel<u8>(tcp + 13),
    reason,
    location,
  });
}

tracepoint("skb:kfree_skb", (event) => {
  const { protocol } = event;
  if ((only4 && protocol !== IPV4) || (only6 && protocol !== IPV6)) return;
  // Reasons are given from 5.17 on.
  const reason = "reason" in event ? event.reason : 0;
  drops.increment({ reason, protocol });
  places.increment({ stack: kernelStack() });
  const skb = readKernel<KernelStructs["sk_buff"]>(event.skbaddr);
  const ip = address(skb.head) + skb.network_header;
  const location = address(event.location);
  if (protocol === IPV4 && readKernel<u8>(ip + 9) === IPPROTO_TCP) {
    const [s, d] = [readKernel<array<u8, 4>>(ip + 12), readKernel<array<u8, 4>>(ip + 16)];
    segment(
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, s[0], s[1], s[2], s[3]],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, d[0], d[1], d[2], d[3]],
      ip + (readKernel<u8>(ip) & 15) * 4,
      reason,
      location,
    );
  }
  if (protocol === IPV6 && readKernel<u8>(ip + 6) === IPPROTO_TCP)
    segment(readKernel<array<u8, 16>>(ip + 8), readKernel<array<u8, 16>>(ip + 24), ip + 40, reason, location);
});
