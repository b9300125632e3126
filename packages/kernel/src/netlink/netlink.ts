/** A rtnetlink socket: requests about interfaces, routes and traffic control, and the kernel's answers. */
import {
  AddressFamily,
  type FileDescriptor,
  type Kernel,
  KernelError,
  type NetworkNamespace,
  SocketType,
  inNetworkNamespace,
  openSocket,
  receiveMessage,
  sendMessage,
  setSocketOption,
} from "../sys/index.ts";
import {
  type Attribute,
  MessageFlag,
  MessageType,
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
  readText,
} from "./message.ts";

/** RTM_*: what rtnetlink can be asked. Source: include/uapi/linux/rtnetlink.h. */
export const RouteMessage = {
  NEWLINK: 16,
  GETLINK: 18,
  SETLINK: 19,
  NEWADDR: 20,
  NEWROUTE: 24,
  DELROUTE: 25,
  NEWQDISC: 36,
  DELQDISC: 37,
  NEWTFILTER: 44,
  DELTFILTER: 45,
  GETTFILTER: 46,
  NEWACTION: 48,
} as const;

export interface NetlinkRequest {
  readonly type: keyof typeof RouteMessage;
  /** Bits of {@link MessageFlag} beside REQUEST; an acknowledgement is asked for unless it is a DUMP. */
  readonly flags?: number;
  /** struct ifinfomsg, rtmsg, tcmsg. */
  readonly header: Uint8Array;
  readonly attributes?: readonly Attribute[];
}

const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
/** The kernel says why in words, and does not repeat the request. */
const EXT_ACK = 11;
const CAP_ACK = 10;
/** nlmsgerr: errno, and the header of the request. */
const ERROR_SIZE = 4 + 16;
const ATTRIBUTE_MESSAGE = 1;
/** As much as the kernel puts into one datagram. */
const DATAGRAM_SIZE = 32 * 1024;

export class Netlink {
  readonly #kernel: Kernel;
  readonly #socket: FileDescriptor;
  #sequence = 0;

  /** The socket belongs to the namespace for good, whatever namespace the thread is in later. */
  constructor(kernel: Kernel, namespace?: NetworkNamespace) {
    this.#kernel = kernel;
    this.#socket = inNetworkNamespace(kernel, namespace, () =>
      openSocket(kernel, AddressFamily.NETLINK, SocketType.RAW, NETLINK_ROUTE, "a netlink socket"),
    );
    for (const option of [EXT_ACK, CAP_ACK]) {
      setSocketOption(kernel, this.#socket.fd, SOL_NETLINK, option, 1, "a netlink socket");
    }
  }

  /**
   * Asks, and returns the bodies of what the kernel answers (header and attributes), which a request
   * for a change has none of unless it is one to ECHO.
   *
   * Errors: KernelError whose `call` is "RTM_NEWQDISC" and so on and whose `kernelText` says why, where
   * the kernel does.
   */
  request({ type, flags = 0, header, attributes = [] }: NetlinkRequest, subject: string): Uint8Array[] {
    const call = `RTM_${type}`;
    const acknowledged =
      (flags & MessageFlag.DUMP) === MessageFlag.DUMP && type.startsWith("GET") ? 0 : MessageFlag.ACK;
    const sequence = ++this.#sequence;
    const message = encodeMessage({
      type: RouteMessage[type],
      flags: flags | MessageFlag.REQUEST | acknowledged,
      sequence,
      body: Buffer.concat([header, encodeAttributes(attributes)]),
    });
    sendMessage(this.#kernel, this.#socket.fd, message, subject);
    return this.#answers(sequence, call, subject);
  }

  close(): void {
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #answers(sequence: number, call: string, subject: string): Uint8Array[] {
    const bodies: Uint8Array[] = [];
    for (;;) {
      for (const message of decodeMessages(receiveMessage(this.#kernel, this.#socket.fd, DATAGRAM_SIZE, subject))) {
        if (message.sequence !== sequence) continue; // left over from a request that failed half way
        if (message.type === MessageType.ERROR || message.type === MessageType.DONE) {
          const errno = errnoOf(message.body);
          if (errno !== 0) throw refusal(call, subject, errno, message.body);
          return bodies;
        }
        if (message.type !== MessageType.NOOP) bodies.push(message.body);
      }
    }
  }
}

function errnoOf(body: Uint8Array): number {
  return body.length < 4 ? 0 : -new DataView(body.buffer, body.byteOffset).getInt32(0, true);
}

function refusal(call: string, subject: string, errno: number, body: Uint8Array): KernelError {
  const reason = readText(decodeAttributes(body.subarray(ERROR_SIZE)).get(ATTRIBUTE_MESSAGE));
  if (reason === undefined) return new KernelError({ call, subject, errno });
  return new KernelError({ call, subject, errno, kernelText: reason, advice: `The kernel says: ${reason}` });
}
