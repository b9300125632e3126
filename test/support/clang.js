// BPF objects and C programs made by Debian's compilers, for tests and benchmarks.
import { execFileSync } from "node:child_process";

/** Where Debian keeps <asm/types.h>. */
const machine = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[/** @type {"x64" | "arm64"} */ (process.arch)];

/**
 * Compiles a BPF object with BTF.
 * @param {string} source path of the C file
 * @param {string} object where to write it
 * @param {readonly string[]} options more for clang, such as "-DNAME=1"
 */
export function compileBpf(source, object, options = []) {
  const words = ["-target", "bpf", "-O2", "-g", `-I/usr/include/${machine}`, ...options, "-c", source, "-o", object];
  execFileSync("clang-16", words);
  return object;
}

/** Compiles and links a C program. @param {string} source @param {string} program @param {readonly string[]} libraries */
export function compileProgram(source, program, libraries) {
  const linked = libraries.map((library) => `-l${library}`);
  execFileSync("clang-16", ["-O2", source, "-o", program, ...linked]);
  return program;
}
