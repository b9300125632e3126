import { writeFileSync } from "node:fs";
import { writeObject } from "@sonde/bpf/elf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { FileError } from "../files.ts";

/** `sonde trace --emit-elf FILE`: the object as libbpf and bpftool read it. */
export function writeElf(spec: ObjectSpec, file: string): number {
  try {
    writeFileSync(file, writeObject(spec));
    return 0;
  } catch (error) {
    throw new FileError("cannot write the object", file, error);
  }
}
