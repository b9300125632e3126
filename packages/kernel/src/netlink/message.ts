/**
 * Netlink messages as bytes. Everything is in the machine's byte order and padded to 4 bytes.
 *
 *     ┌───────────────────────────────────────┬──────────────┬─────────────────────────────────┐
 *     │ nlmsghdr: length, type, flags,        │ the family's │ attributes: length (u16), type  │
 *     │ sequence number, port: 16 bytes       │ own header   │ (u16), value or more attributes │
 *     └───────────────────────────────────────┴──────────────┴─────────────────────────────────┘
 *
 * Source: include/uapi/linux/netlink.h.
 */

/** A number is a u32, a text is NUL-terminated, a list is nested; undefined leaves the attribute out. */
export type AttributeValue = number | string | Uint8Array | readonly Attribute[] | undefined;
export type Attribute = readonly [type: number, value: AttributeValue];

export interface Message {
  /** RTM_*, or one of netlink's own below. */
  readonly type: number;
  /** Bits of {@link MessageFlag}. */
  readonly flags: number;
  readonly sequence: number;
  /** The family's header and the attributes. */
  readonly body: Uint8Array;
}

export const MessageType = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4 } as const;

/** NLM_F_*. */
export const MessageFlag = {
  REQUEST: 0x1,
  ACK: 0x4,
  /** The object as it became is sent back. */
  ECHO: 0x8,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
} as const;

const HEADER_SIZE = 16;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

export function encodeMessage({ type, flags, sequence, body }: Message): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(body, HEADER_SIZE);
  return bytes;
}

/** The messages of one datagram. Errors: RangeError when a length leads out of it. */
export function* decodeMessages(datagram: Uint8Array): Generator<Message> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  for (let at = 0; at < datagram.length;) {
    const length = view.getUint32(at, true);
    if (length < HEADER_SIZE || at + length > datagram.length) {
      throw new RangeError(`a netlink message of ${length} bytes at ${at} of ${datagram.length}`);
    }
    yield {
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      body: datagram.subarray(at + HEADER_SIZE, at + length),
    };
    at += padded(length);
  }
}

export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [type, value] of attributes) {
    if (value === undefined) continue;
    const nested = Array.isArray(value);
    const payload = encodeValue(value);
    const part = new Uint8Array(padded(4 + payload.length));
    const view = new DataView(part.buffer);
    view.setUint16(0, 4 + payload.length, true);
    view.setUint16(2, nested ? type | NESTED : type, true);
    part.set(payload, 4);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Values by type, without the flags that say how they are encoded. What follows a malformed one is left out. */
export function decodeAttributes(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > bytes.length) break;
    found.set(view.getUint16(at + 2, true) & TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += padded(length);
  }
  return found;
}

/** A u16 value. */
export function u16(value: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(value).buffer);
}

/** A number of one, two or four bytes as an attribute holds it; undefined without one. */
export function readNumber(value: Uint8Array | undefined): number | undefined {
  if (value === undefined) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (value.length === 1) return view.getUint8(0);
  return value.length === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
}

/** A NUL-terminated text; undefined without one. */
export function readText(value: Uint8Array | undefined): string | undefined {
  if (value === undefined) return undefined;
  const end = value.indexOf(0);
  return Buffer.from(end === -1 ? value : value.subarray(0, end)).toString("utf8");
}

function encodeValue(value: Exclude<AttributeValue, undefined>): Uint8Array {
  if (typeof value === "number") return new Uint8Array(Uint32Array.of(value).buffer);
  if (typeof value === "string") return Buffer.from(`${value}\0`);
  return value instanceof Uint8Array ? value : encodeAttributes(value);
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
