/** For tests: sockets that wait, in whatever network namespace and cgroup the thread is when they are made. */
import {
  AddressFamily,
  Errno,
  FileDescriptor,
  type Kernel,
  SOL_SOCKET,
  SocketType,
  checked,
  openSocket,
  sendMessage,
  setAddress,
  setSocketOption,
} from "../../../sys/index.ts";

const SO_REUSEPORT = 15;
const SO_BINDTODEVICE = 25;
const SO_RCVTIMEO = 20;
/** Seconds until a test that waits in vain fails. */
const PATIENCE = 5;

/** An address of this host for sockets: "127.0.0.1" or "::1" with a port, or a path of a Unix socket. */
export type Place =
  | { readonly family: 4 | 6; readonly port: number; readonly host?: Uint8Array }
  | { readonly path: string };

export class TestSocket {
  readonly #kernel: Kernel;
  readonly #socket: FileDescriptor;

  constructor(kernel: Kernel, place: Place, type: "stream" | "datagram", descriptor?: FileDescriptor) {
    this.#kernel = kernel;
    const kind = type === "stream" ? SocketType.STREAM : SocketType.DGRAM;
    this.#socket = descriptor ?? openSocket(kernel, familyOf(place), kind, 0, "a test socket");
    const timeout = new Uint8Array(BigInt64Array.of(BigInt(PATIENCE), 0n).buffer);
    this.#option(SO_RCVTIMEO, timeout);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  bind(place: Place): this {
    setAddress(this.#kernel, "bind", this.fd, encodePlace(place), "a test socket");
    return this;
  }

  connect(place: Place): this {
    setAddress(this.#kernel, "connect", this.fd, encodePlace(place), "a test socket");
    return this;
  }

  sharePort(): this {
    setSocketOption(this.#kernel, this.fd, SOL_SOCKET, SO_REUSEPORT, 1, "a test socket");
    return this;
  }

  onlyBy(device: string): this {
    this.#option(SO_BINDTODEVICE, Buffer.from(`${device}\0`));
    return this;
  }

  listen(backlog: number): this {
    checked(this.#kernel.syscall("listen", undefined, this.fd, backlog), "listen", "a test socket");
    return this;
  }

  accept(place: Place): TestSocket {
    const fd = checked(this.#kernel.syscall("accept4", undefined, this.fd, 0, 0, 0x80000), "accept4", "a test socket");
    return new TestSocket(this.#kernel, place, "stream", new FileDescriptor(fd));
  }

  /** `count` messages of 8 bytes. */
  send(count: number, to?: Place): this {
    for (let i = 0; i < count; i++) sendMessage(this.#kernel, this.fd, MESSAGE, "a test socket", to && encodePlace(to));
    return this;
  }

  /** Takes `count` messages and asks who sent them; of streams, that many times the bytes of one. Errors: KernelError (EAGAIN) after some seconds. */
  receive(count: number): this {
    for (let i = 0; i < count; i++) {
      const attr = this.#kernel.attr(0);
      const message = attr.reserve(MESSAGE.length);
      const from = attr.reserve(128);
      const length = attr.reserve(4);
      new DataView(length.bytes.buffer, length.bytes.byteOffset).setUint32(0, 128, true);
      const words = [this.fd, message.address, MESSAGE.length, 0, from.address, length.address];
      checked(this.#kernel.syscall("recvfrom", attr, ...words), "recvfrom", "a test socket");
    }
    return this;
  }

  /** Whether nothing is waiting to be received. */
  isEmpty(): boolean {
    const attr = this.#kernel.attr(0);
    const { address } = attr.reserve(8);
    const result = this.#kernel.syscall("recvfrom", attr, this.fd, address, 8, 0x40 /* MSG_DONTWAIT */, 0, 0);
    return result === -Errno.EAGAIN;
  }

  /** getsockname(2) or getpeername(2). */
  name(call: "getsockname" | "getpeername"): void {
    const attr = this.#kernel.attr(0);
    const address = attr.reserve(128);
    const length = attr.reserve(4);
    new DataView(length.bytes.buffer, length.bytes.byteOffset).setUint32(0, 128, true);
    checked(this.#kernel.syscall(call, attr, this.fd, address.address, length.address), call, "a test socket");
  }

  /** getsockopt(2) of SO_REUSEPORT. */
  readOption(): void {
    const attr = this.#kernel.attr(0);
    const value = attr.reserve(4);
    const length = attr.reserve(4);
    new DataView(length.bytes.buffer, length.bytes.byteOffset).setUint32(0, 4, true);
    const words = [this.fd, SOL_SOCKET, SO_REUSEPORT, value.address, length.address];
    checked(this.#kernel.syscall("getsockopt", attr, ...words), "getsockopt", "a test socket");
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #option(option: number, value: Uint8Array): void {
    const attr = this.#kernel.attr(0);
    const memory = attr.reserve(value.length);
    memory.bytes.set(value);
    const words = [this.fd, SOL_SOCKET, option, memory.address, value.length];
    checked(this.#kernel.syscall("setsockopt", attr, ...words), "setsockopt", "a test socket");
  }
}

const MESSAGE = Buffer.from("8 bytes.");
const AF_UNIX = 1;

/** Sends frames as they are by one interface of the namespace in which it is made. */
export function sendFrames(kernel: Kernel, index: number, frame: Uint8Array, count: number): void {
  using socket = openSocket(kernel, AddressFamily.PACKET, SocketType.RAW, 0, "a packet socket");
  // struct sockaddr_ll: 0 family, 2 protocol, 4 ifindex, 8 hatype, 10 pkttype, 11 halen, 12 address
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AddressFamily.PACKET, true);
  view.setInt32(4, index, true);
  for (let i = 0; i < count; i++) sendMessage(kernel, socket.fd, frame, "a packet socket", address);
}

function familyOf(place: Place): number {
  if ("path" in place) return AF_UNIX;
  return place.family === 4 ? AddressFamily.INET : AddressFamily.INET6;
}

/** struct sockaddr_in, sockaddr_in6 or sockaddr_un. */
function encodePlace(place: Place): Uint8Array {
  const family = familyOf(place);
  if ("path" in place) return Buffer.concat([Uint8Array.of(family, 0), Buffer.from(`${place.path}\0`)]);
  const bytes = new Uint8Array(place.family === 4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, place.port);
  if (place.family === 4) bytes.set(place.host ?? Uint8Array.of(127, 0, 0, 1), 4);
  else bytes.set(place.host ?? Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 8);
  return bytes;
}
