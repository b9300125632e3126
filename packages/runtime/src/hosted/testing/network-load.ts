/**
 * For tests, a process of its own: datagrams to a port of this host, or connections by a congestion control, until
 * its input ends. It prints how many there were.
 *
 *     node network-load.js datagrams FOLDER     sent by a process of this control group
 *     node network-load.js connections NAME     each asks for this congestion control
 */
import { writeFileSync } from "node:fs";
import {
  AddressFamily,
  checked,
  FileDescriptor,
  openKernel,
  openSocket,
  sendMessage,
  setAddress,
  SocketType,
} from "@sonde/kernel/sys";

const kernel = openKernel();
const [kind, name = ""] = process.argv.slice(2);
/** struct sockaddr_in: 127.0.0.1, a port that nobody else has. */
const address = Uint8Array.of(AddressFamily.INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
new DataView(address.buffer).setUint16(2, 20_000 + (process.pid % 10_000));

const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;

function datagrams(): () => void {
  writeFileSync(`${name}/cgroup.procs`, String(process.pid));
  const receiver = openSocket(kernel, AddressFamily.INET, SocketType.DGRAM, 0, "a receiver");
  setAddress(kernel, "bind", receiver.fd, address, "a receiver");
  const sender = openSocket(kernel, AddressFamily.INET, SocketType.DGRAM, 0, "a sender");
  const payload = new Uint8Array(8);
  return () => sendMessage(kernel, sender.fd, payload, "a sender", address);
}

function connections(): () => void {
  const listener = openSocket(kernel, AddressFamily.INET, SocketType.STREAM, 0, "a listener");
  setAddress(kernel, "bind", listener.fd, address, "a listener");
  checked(kernel.syscall("listen", undefined, listener.fd, 128), "listen", "a listener");
  const text = Buffer.from(name);
  return () => {
    using client = openSocket(kernel, AddressFamily.INET, SocketType.STREAM, 0, "a client");
    const attr = kernel.attr(0);
    const memory = attr.reserve(text.length);
    memory.bytes.set(text);
    const words = [client.fd, IPPROTO_TCP, TCP_CONGESTION, memory.address, text.length];
    checked(kernel.syscall("setsockopt", attr, ...words), "setsockopt", `congestion control ${name}`);
    setAddress(kernel, "connect", client.fd, address, "a client");
    const accepted = checked(kernel.syscall("accept4", undefined, listener.fd, 0, 0, 0), "accept4", "a listener");
    new FileDescriptor(accepted).close();
  };
}

const once = kind === "datagrams" ? datagrams() : connections();
let going = true;
let done = 0;
process.stdin.on("end", () => void (going = false)).resume();

function burst(): void {
  for (let i = 0; i < 20; i++, done++) once();
  if (going) setImmediate(burst);
  else console.log(done);
}
burst();
