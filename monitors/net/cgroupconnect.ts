// Connections that processes ask for, by port: at the door of their control group, before any packet is sent.
import { byteSwap, cgroup, counter, decode, monitor, param, u16 } from "sonde/probe";

monitor("cgroupconnect", { help: "Connections that processes ask for, by port", enabled: false });

const group = param("group", "/", { help: "the control group, as a path from the root of their tree", size: 256 });

const TYPES = { 1: "stream", 2: "datagram" };

const connects = counter("connects", {
  help: "Calls of connect() to an IPv4 address",
  labels: { comm: decode.comm, type: decode.values(TYPES), port: decode.port },
});

cgroup(group, "connect4", ({ type, user_port }) => {
  connects.increment({ type, port: byteSwap(u16(user_port)) });
});
