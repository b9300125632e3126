/** For tests: network namespaces with interfaces, which are gone when they are closed. */
import { execFileSync } from "node:child_process";
import {
  type Attribute,
  MessageFlag,
  Netlink,
  interfaceHeader,
  interfaceIndex,
  parsePrefix,
} from "../../../netlink/index.ts";
import { encodeAttributes } from "../../../netlink/message.ts";
import {
  type FileDescriptor,
  type Kernel,
  checked,
  inNetworkNamespace,
  openNetworkNamespace,
} from "../../../sys/index.ts";

const CLONE_NEWNET = 0x4000_0000;
const IFF_UP = 1;
const Link = { ADDRESS: 1, IFNAME: 3, LINKINFO: 18, KIND: 1, DATA: 2 } as const;
/** Alike for veth and netkit: the other end, as struct ifinfomsg and attributes. */
const PEER_INFO = 1;

export class TestNamespace {
  readonly #kernel: Kernel;
  readonly #namespace: FileDescriptor;
  readonly #netlink: Netlink;

  /** One of its own, with nothing but a loopback interface that is up. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    using own = openNetworkNamespace();
    checked(kernel.syscall("unshare", undefined, CLONE_NEWNET), "unshare", "a network namespace");
    this.#namespace = openNetworkNamespace();
    checked(kernel.syscall("setns", undefined, own.fd, CLONE_NEWNET), "setns", "the first network namespace");
    this.#netlink = new Netlink(kernel, this.fd);
    this.up("lo");
  }

  get fd(): number {
    return this.#namespace.fd;
  }

  /** Runs `body` in the namespace; it must not be asynchronous. */
  run<T>(body: () => T): T {
    return inNetworkNamespace(this.#kernel, this.fd, body);
  }

  /** What a command prints that runs in the namespace. */
  print(command: string, ...words: string[]): string {
    return this.run(() => execFileSync(command, words, { encoding: "utf8" }));
  }

  index(device: string): number {
    return interfaceIndex(this.#netlink, device);
  }

  up(device: string): void {
    this.#netlink.request({ type: "NEWLINK", header: interfaceHeader(this.index(device), IFF_UP, IFF_UP) }, device);
  }

  /** Two connected interfaces that are up; of veth with hardware addresses that end in 1 and 2. */
  addPair(kind: "veth" | "netkit", first: string, second: string): void {
    const named = (name: string, last: number): Attribute[] => [
      [Link.IFNAME, name],
      [Link.ADDRESS, kind === "veth" ? hardwareAddress(last) : undefined],
    ];
    const peer = Buffer.concat([interfaceHeader(0), encodeAttributes(named(second, 2))]);
    this.#netlink.request(
      {
        type: "NEWLINK",
        flags: MessageFlag.CREATE | MessageFlag.EXCL,
        header: interfaceHeader(0),
        attributes: [
          ...named(first, 1),
          [
            Link.LINKINFO,
            [
              [Link.KIND, kind],
              [Link.DATA, [[PEER_INFO, peer]]],
            ],
          ],
        ],
      },
      `${kind} ${first}`,
    );
    this.up(first);
    this.up(second);
  }

  /** "10.8.0.1/24" */
  addAddress(device: string, prefix: string): void {
    const { family, bytes, length } = parsePrefix(prefix);
    const header = new Uint8Array(8);
    header.set([family, length, 0x02 /* no duplicate detection */, 0]);
    new DataView(header.buffer).setUint32(4, this.index(device), true);
    this.#netlink.request(
      {
        type: "NEWADDR",
        flags: MessageFlag.CREATE,
        header,
        attributes: [
          [1, bytes],
          [2, bytes],
        ],
      },
      `${prefix} on ${device}`,
    );
  }

  [Symbol.dispose](): void {
    this.#netlink.close();
    this.#namespace.close();
  }
}

/** Locally administered: 02:00:00:00:00:01. */
export function hardwareAddress(last: number): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0, 0, last);
}
