/** Objects for tests: the project's own C, compiled by Debian's clang. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const TESTDATA: string = fileURLToPath(new URL("../../../testdata/", import.meta.url));

export interface CompileOptions {
  /** With BTF; true if left out. */
  readonly debug?: boolean;
  /** LLVM's name of the instruction set's level; "v3" if left out. */
  readonly cpu?: "v1" | "v2" | "v3";
  /** "bpfel" if left out. */
  readonly target?: "bpfel" | "bpfeb";
}

/** The bytes of testdata/NAME.c as an object; the same for the same source wherever the project lies. */
export function compile(name: string, { debug = true, cpu = "v3", target = "bpfel" }: CompileOptions = {}): Uint8Array {
  return inTemporary((folder) => {
    const object = path.join(folder, "object.o");
    execFileSync(
      "clang-16",
      [
        "-O2",
        ...(debug ? ["-g"] : []),
        "-target",
        target,
        `-mcpu=${cpu}`,
        "-I/usr/include/x86_64-linux-gnu",
        "-fdebug-compilation-dir=.",
        "-c",
        `${name}.c`,
        "-o",
        object,
      ],
      { cwd: TESTDATA },
    );
    return new Uint8Array(readFileSync(object));
  });
}

/** A folder that is gone after `work`. */
export function inTemporary<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-elf-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
