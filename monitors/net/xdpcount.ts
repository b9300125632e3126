// Packets as they come in at a network interface, by protocol: `sonde run xdpcount --device eth0`.
import { counter, decode, monitor, param, xdp, XdpAction } from "sonde/probe";
import type { Packet, u32 } from "sonde/probe";

monitor("xdpcount", { help: "Packets that come in, by protocol", enabled: false });

const device = param("device", "lo", { help: "the network interface", size: 16 });

const ETHERNET = 14;
const ETHERTYPES = { 0x0800: "ipv4", 0x0806: "arp", 0x86dd: "ipv6" };
const PROTOCOLS = { 0: "other", 1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 47: "gre", 58: "icmpv6", 132: "sctp" };
const [IPV4, IPV6] = [0x0800, 0x86dd];

const labels = { ethertype: decode.values(ETHERTYPES), protocol: decode.values(PROTOCOLS) };
const packets = counter("received_packets", { help: "Packets received", labels });
const bytes = counter("received_bytes", { help: "Bytes received", unit: "bytes", labels });

function protocolOf(packet: Packet, ethertype: number): u32 {
  if (ethertype === IPV4) return packet.u8(ETHERNET + 9) ?? 0;
  if (ethertype === IPV6) return packet.u8(ETHERNET + 6) ?? 0;
  return 0;
}

xdp(device, (packet) => {
  const ethertype = packet.u16(12) ?? 0;
  const protocol = protocolOf(packet, ethertype);
  packets.increment({ ethertype, protocol });
  bytes.add(packet.length, { ethertype, protocol });
  return XdpAction.pass;
});
