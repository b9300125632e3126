/** `decode`: how values of labels and fields become text. */
import type { array } from "./maps.ts";
import type { Decoder, kernelStack, text, u16, u32, u64, u8, userStack } from "./types.ts";

/** A text of the default size, or of the one that is asked for. */
export interface SizedText extends Decoder<string> {
  <Size extends number>(size: Size): Decoder<text<Size>>;
}

/** Those marked as automatic need not be given: the kernel knows them. */
export interface Decode {
  /** At most 16 bytes; `decode.text(64)` keeps more. */
  readonly text: SizedText;
  /** At most 256 bytes. */
  readonly path: SizedText;
  /** The command's name. Automatic. */
  readonly comm: Decoder<string, true>;
  readonly uint: Decoder<number>;
  readonly int: Decoder<number>;
  readonly hex: Decoder<number>;
  readonly bytes: Decoder<number>;
  /** Nanoseconds. */
  readonly duration: Decoder<number>;
  readonly boolean: Decoder<boolean>;
  /** The process. Automatic. */
  readonly pid: Decoder<u32, true>;
  /** The thread. Automatic. */
  readonly tid: Decoder<u32, true>;
  /** The parent process. Automatic. */
  readonly ppid: Decoder<u32, true>;
  readonly uid: Decoder<u32, true>;
  readonly gid: Decoder<u32, true>;
  readonly cpu: Decoder<u32, true>;
  /** The moment, from bootTime(). Automatic. */
  readonly time: Decoder<u64, true>;
  /** From cgroupId(). Automatic, as the next three, which find a name for it. */
  readonly cgroup: Decoder<u64, true>;
  readonly container: Decoder<u64, true>;
  readonly pod: Decoder<u64, true>;
  readonly namespace: Decoder<u64, true>;
  /** The kernel's dev_t: "sda". */
  readonly blockDevice: Decoder<u32>;
  readonly errno: Decoder<number>;
  readonly signal: Decoder<u32>;
  readonly syscall: Decoder<u32>;
  /** An address of the kernel's code. */
  readonly kernelSymbol: Decoder<number>;
  /** The index of a network interface. */
  readonly interface: Decoder<u32>;
  /** In network order, as packets and sockets have them. */
  readonly ipv4: Decoder<u32>;
  readonly ipv6: Decoder<array<u8, 16>>;
  /** An address of either kind, that of IPv4 as an IPv4-mapped one (::ffff:10.0.0.1), which is shown as IPv4. */
  readonly ip: Decoder<array<u8, 16>>;
  readonly port: Decoder<u16>;
  /** Automatic: where the kernel, or the process, is. */
  readonly kernelStack: Decoder<kernelStack, true>;
  readonly userStack: Decoder<userStack, true>;
  /** A value of one of the kernel's enumerations, as the running kernel calls it: kernelEnum("skb_drop_reason"). */
  kernelEnum(name: string): Decoder<number>;
  /** Text by value: { 0: "read", 1: "write" }. */
  values(names: Readonly<Record<number, string>>): Decoder<number>;
}

/** Members exist while a monitor is built. */
export const decode: Decode = {} as Decode;
