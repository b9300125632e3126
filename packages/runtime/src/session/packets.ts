/**
 * skboutput(): packets go through a perf event array, since the kernel's helper knows no other road, and end
 * in pcap files, which tcpdump and Wireshark read. A record is what the program says of the packet, then the
 * packet's bytes:
 *
 *     0   u32 the event's id, which stands for the file
 *     4   u32 bytes at the packet's start that are left out
 *     8   u64 nanoseconds since 1970
 *     16  u64 bytes of the packet that follow
 */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Collection } from "@sonde/kernel/collection";
import { PerfBuffer } from "@sonde/kernel/rings";
import type { Kernel } from "@sonde/kernel/sys";
import type { Sink } from "../print/sink.ts";

const HEADER_BYTES = 24;
/** Of each CPU's ring: 1 MiB. */
const PAGES = 256;

export class PacketFiles {
  readonly #buffer: PerfBuffer;
  readonly #files = new Map<number, PcapFile>();

  /** Makes the files. Errors: those of node:fs; KernelError of the rings. Nothing is left open then. */
  constructor(kernel: Kernel, { manifest, map }: Pick<Collection, "manifest"> & { map: Collection["map"] }) {
    const { packets, events, config } = manifest;
    if (packets === undefined) throw new TypeError("the object captures no packets");
    const byPath = new Map<string, PcapFile>();
    try {
      for (const { id, action } of events) {
        if (action.kind !== "skboutput") continue;
        const file = byPath.get(action.path) ?? new PcapFile(action.path);
        byPath.set(action.path, file);
        this.#files.set(id, file);
      }
      this.#buffer = new PerfBuffer(kernel, map(packets), { pages: config.packetPages ?? PAGES });
    } catch (error) {
      for (const file of byPath.values()) file.close();
      throw error;
    }
  }

  /** Writes what has come since. */
  drain(): void {
    this.#buffer.drain((view, offset) => {
      const start = offset + HEADER_BYTES;
      const left = view.getUint32(offset + 4, true);
      const length = Number(view.getBigUint64(offset + 16, true));
      const bytes = new Uint8Array(view.buffer, view.byteOffset + start, length).subarray(left);
      this.#files.get(view.getUint32(offset, true))?.add(view.getBigUint64(offset + 8, true), bytes);
    });
    for (const file of this.#files.values()) file.flush();
  }

  /** Says how many packets did not fit. */
  reportLost(sink: Sink): void {
    const { lost } = this.#buffer;
    if (lost > 0)
      sink.warning(`${lost} packets were lost. Make room with config = { perf_rb_pages = N }, or capture fewer bytes.`);
  }

  close(): void {
    this.#buffer.close();
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}

/** Timestamps in nanoseconds. */
const MAGIC = 0xa1b23c4d;
/** LINKTYPE_RAW: packets begin with their IP header. */
const RAW_IP = 101;
const LONGEST = 262_144;

/** A capture file in the format of libpcap: https://www.tcpdump.org/manpages/pcap-savefile.5.html */
export class PcapFile {
  readonly #fd: number;
  #pending: Uint8Array[] = [];
  #closed = false;

  /** Errors: those of node:fs. */
  constructor(path: string) {
    this.#fd = openSync(path, "w", 0o644);
    const header = new DataView(new ArrayBuffer(24));
    header.setUint32(0, MAGIC, true);
    header.setUint16(4, 2, true);
    header.setUint16(6, 4, true);
    header.setUint32(16, LONGEST, true);
    header.setUint32(20, RAW_IP, true);
    this.#pending.push(new Uint8Array(header.buffer));
    this.flush();
  }

  /** @param time nanoseconds since 1970 @param packet copied */
  add(time: bigint, packet: Uint8Array): void {
    const record = new Uint8Array(16 + packet.length);
    const view = new DataView(record.buffer);
    view.setUint32(0, Number(time / 1_000_000_000n), true);
    view.setUint32(4, Number(time % 1_000_000_000n), true);
    view.setUint32(8, packet.length, true);
    view.setUint32(12, packet.length, true);
    record.set(packet, 16);
    this.#pending.push(record);
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.flush();
    closeSync(this.#fd);
  }
}
