/** Numbers and bytes in other notations. */
import { bytesOf, integerDecoder, type DecoderKind } from "./decoder.ts";
import { errnoName } from "@sonde/kernel/sys";

export const uint: DecoderKind = {
  summary: "an unsigned integer, in decimal",
  make: () => integerDecoder((value) => (value < 0 ? BigInt.asUintN(64, BigInt(value)) : value)),
};

export const hex: DecoderKind = {
  summary: "bytes in hexadecimal, in the order in which they lie in memory",
  make: () => (input) => Buffer.from(bytesOf(input) ?? []).toString("hex"),
};

export const address: DecoderKind = {
  summary: "an integer in hexadecimal (0x8000)",
  make: () => integerDecoder((value) => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`),
};

export const errno: DecoderKind = {
  summary: "an error number by its name (ENOENT), negative or not",
  make: () =>
    integerDecoder((value) => {
      const number = Math.abs(Number(value));
      const name = errnoName(number);
      return name.startsWith("errno ") ? `unknown:${number}` : name;
    }),
};
