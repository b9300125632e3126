/** Text: bpf_trace_printk and its kin. */
import type { HelperCall, HelperTable } from "./call.ts";
import { formatText } from "./format.ts";

/** Bytes of one argument in an array of them. */
const ARGUMENT_BYTES = 8;
const MAX_FORMAT = 4096;

function decode(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

function format(call: HelperCall, text: Uint8Array, args: readonly bigint[]): string {
  return formatText(decode(text), args, (address, limit) => {
    const bytes = call.memory.tryString(address, limit);
    return bytes && decode(bytes);
  });
}

/** The u64s that an argument points to; the next argument is their size in bytes. */
function argumentArray(call: HelperCall, position: number): bigint[] {
  const size = call.uint(position + 1);
  if (size === 0) return [];
  const bytes = call.bytes(position, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  return Array.from({ length: size / ARGUMENT_BYTES }, (_, index) => view.getBigUint64(index * ARGUMENT_BYTES, true));
}

function print(call: HelperCall, text: string): number {
  call.printed.push(text);
  return text.length;
}

export const printHelpers: HelperTable = {
  /** R1 format, R2 its size, R3 to R5 arguments. */
  trace_printk: (call) => {
    return print(
      call,
      format(
        call,
        call.bytes(1, call.uint(2)),
        [3, 4, 5].map((position) => call.argument(position)),
      ),
    );
  },
  /** R1 format, R2 its size, R3 arguments, R4 their size. */
  trace_vprintk: (call) => print(call, format(call, call.bytes(1, call.uint(2)), argumentArray(call, 3))),
  /** R1 output, R2 its size, R3 format, R4 arguments, R5 their size: the bytes that were needed, the NUL included. */
  snprintf: (call) => {
    const output = call.output(1, call.uint(2));
    const template = call.memory.tryString(call.argument(3), MAX_FORMAT) ?? call.bytes(3, 1);
    const text = new TextEncoder().encode(format(call, template, argumentArray(call, 4)));
    if (output.length > 0) {
      const written = text.subarray(0, output.length - 1);
      output.set(written);
      output[written.length] = 0;
    }
    return text.length + 1;
  },
};
