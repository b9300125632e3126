import { textOf, type DecoderKind } from "./decoder.ts";

export const text: DecoderKind = {
  summary: "as it is printed anywhere else",
  make: () => textOf,
};
