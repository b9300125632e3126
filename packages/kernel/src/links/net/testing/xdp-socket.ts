/**
 * For tests: an AF_XDP socket that receives by copy. Its memory is cut into chunks; the kernel takes
 * empty ones from the fill ring and hands them over full in the receive ring.
 *
 * Source: include/uapi/linux/if_xdp.h.
 */
import {
  type FileDescriptor,
  type Kernel,
  Mapping,
  PROT_READ,
  PROT_WRITE,
  SocketType,
  checked,
  openSocket,
  setAddress,
  setSocketOption,
} from "../../../sys/index.ts";

const AF_XDP = 44;
const SOL_XDP = 283;
const Option = { MMAP_OFFSETS: 1, RX_RING: 2, UMEM_REG: 4, FILL_RING: 5, COMPLETION_RING: 6 } as const;
const RX_PAGES = 0;
const FILL_PAGES = 0x1_0000_0000;
/** XDP_COPY */
const COPY = 2;
const CHUNK = 2048;
/** Of both rings, and of chunks. */
const ENTRIES = 64;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const SUBJECT = "an AF_XDP socket";

/** Where in a ring's pages its parts are, in bytes. */
interface RingOffsets {
  readonly producer: number;
  readonly consumer: number;
  readonly entries: number;
}

export class XdpSocket {
  readonly #kernel: Kernel;
  readonly #socket: FileDescriptor;
  readonly #address: number;
  readonly #memory: Uint8Array;
  readonly #receive: Mapping;
  readonly #offsets: RingOffsets;

  /** Bound to queue 0 of an interface of the namespace in which the thread is. */
  constructor(kernel: Kernel, index: number) {
    this.#kernel = kernel;
    this.#socket = openSocket(kernel, AF_XDP, SocketType.RAW, 0, SUBJECT);
    const length = ENTRIES * CHUNK;
    this.#address = checked(
      kernel.mmap(0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0),
      "mmap",
      SUBJECT,
    );
    this.#memory = new Uint8Array(kernel.view(this.#address, length));
    // struct xdp_umem_reg: address (u64), length (u64), chunk size (u32), headroom (u32), flags (u32)
    const region = BigUint64Array.of(BigInt(this.#address), BigInt(length), BigInt(CHUNK), 0n);
    this.#option(Option.UMEM_REG, new Uint8Array(region.buffer));
    for (const ring of [Option.FILL_RING, Option.COMPLETION_RING, Option.RX_RING])
      setSocketOption(kernel, this.fd, SOL_XDP, ring, ENTRIES, SUBJECT);
    const { receive, fill } = this.#ringOffsets();
    this.#offsets = receive;
    this.#receive = this.#map(RX_PAGES, receive.entries + ENTRIES * 16);
    using empty = this.#map(FILL_PAGES, fill.entries + ENTRIES * 8);
    new BigUint64Array(empty.buffer, fill.entries, ENTRIES).set(
      Array.from({ length: ENTRIES }, (_, i) => BigInt(i * CHUNK)),
    );
    Atomics.store(new Uint32Array(empty.buffer), fill.producer / 4, ENTRIES);
    // struct sockaddr_xdp: family (u16), flags (u16), interface (u32), queue (u32), shared memory's socket (u32)
    const address = new Uint32Array([AF_XDP | (COPY << 16), index, 0, 0]);
    setAddress(kernel, "bind", this.fd, new Uint8Array(address.buffer), SUBJECT);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  /** How many frames have come; at most 64. */
  get count(): number {
    return Atomics.load(new Uint32Array(this.#receive.buffer), this.#offsets.producer / 4);
  }

  /** A frame that has come. struct xdp_desc: address (u64), length (u32), options (u32). */
  frame(number: number): Uint8Array {
    const view = new DataView(this.#receive.buffer, this.#offsets.entries + number * 16);
    const start = Number(view.getBigUint64(0, true));
    return this.#memory.slice(start, start + view.getUint32(8, true));
  }

  [Symbol.dispose](): void {
    this.#receive.close();
    this.#socket.close();
    this.#kernel.munmapAfter(this.#memory.buffer as ArrayBuffer, this.#address, this.#memory.length);
  }

  #map(offset: number, bytes: number): Mapping {
    const length = Math.ceil(bytes / 4096) * 4096;
    return new Mapping(this.#kernel, {
      fd: this.fd,
      offset,
      length,
      protection: PROT_READ | PROT_WRITE,
      subject: SUBJECT,
    });
  }

  #option(option: number, value: Uint8Array): void {
    const attr = this.#kernel.attr(0);
    const memory = attr.reserve(value.length);
    memory.bytes.set(value);
    const words = [this.fd, SOL_XDP, option, memory.address, value.length];
    checked(this.#kernel.syscall("setsockopt", attr, ...words), "setsockopt", SUBJECT);
  }

  /** struct xdp_mmap_offsets: receive, transmit, fill, completion, each with producer, consumer, entries, flags (u64). */
  #ringOffsets(): { readonly receive: RingOffsets; readonly fill: RingOffsets } {
    const attr = this.#kernel.attr(0);
    const { bytes, address } = attr.reserve(128);
    const length = attr.reserve(4);
    new DataView(length.bytes.buffer, length.bytes.byteOffset).setUint32(0, 128, true);
    const words = [this.fd, SOL_XDP, Option.MMAP_OFFSETS, address, length.address];
    checked(this.#kernel.syscall("getsockopt", attr, ...words), "getsockopt", SUBJECT);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const ring = (at: number): RingOffsets => ({
      producer: Number(view.getBigUint64(at, true)),
      consumer: Number(view.getBigUint64(at + 8, true)),
      entries: Number(view.getBigUint64(at + 16, true)),
    });
    return { receive: ring(0), fill: ring(64) };
  }
}
