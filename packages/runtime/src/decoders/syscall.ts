/** System calls by their names. */
import { systemCalls } from "@sonde/bpf/spec";
import { integerDecoder, type DecoderKind } from "./decoder.ts";

export const syscall: DecoderKind = {
  summary: "the number of a system call of this machine by its name",
  make: () => {
    const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
    return integerDecoder((value) => systemCalls(arch).get(Number(value)) ?? `unknown_syscall:${value}`);
  },
};
