/** How this kernel calls the functions behind system calls. */
import { readFileSync } from "node:fs";
import type { Vmlinux } from "./kernel-types.ts";

/** "__x64_sys_" from 4.17 on, "__se_sys_" before. Each architecture has its own word in it. */
export function syscallPrefix(vmlinux: Vmlinux): string {
  return hasSyscallWrapper(vmlinux) ? wrapperPrefix() : "__se_sys_";
}

export function hasSyscallWrapper(vmlinux: Vmlinux): boolean {
  const name = `${wrapperPrefix()}bpf`;
  const btf = vmlinux();
  if (btf !== undefined && btf.find(name, "func").length > 0) return true;
  return new RegExp(` ${name}\\n`).test(readFileSync("/proc/kallsyms", "latin1"));
}

function wrapperPrefix(): string {
  return process.arch === "arm64" ? "__arm64_sys_" : "__x64_sys_";
}
