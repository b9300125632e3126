/**
 * Capabilities (capabilities(7)): which a process has, and how it gives up the others for good.
 *
 * They belong to threads, and Node.js has several before any of our code runs. What reaches all of them is
 * exec: root gets what is in the bounding set then. So the set is narrowed and the same program started
 * again in place, under the same pid.
 */
import { readFileSync } from "node:fs";
import { kernelError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { Memory } from "./memory.ts";

/** By number, as in include/uapi/linux/capability.h, without "CAP_" and in lower case. */
export const CAPABILITIES: readonly string[] = [
  "chown",
  "dac_override",
  "dac_read_search",
  "fowner",
  "fsetid",
  "kill",
  "setgid",
  "setuid",
  "setpcap",
  "linux_immutable",
  "net_bind_service",
  "net_broadcast",
  "net_admin",
  "net_raw",
  "ipc_lock",
  "ipc_owner",
  "sys_module",
  "sys_rawio",
  "sys_chroot",
  "sys_ptrace",
  "sys_pacct",
  "sys_admin",
  "sys_boot",
  "sys_nice",
  "sys_resource",
  "sys_time",
  "sys_tty_config",
  "mknod",
  "lease",
  "audit_write",
  "audit_control",
  "setfcap",
  "mac_override",
  "mac_admin",
  "syslog",
  "wake_alarm",
  "block_suspend",
  "audit_read",
  "perfmon",
  "bpf",
  "checkpoint_restore",
];

export interface ProcessCapabilities {
  /** Names that it can use now. */
  readonly effective: readonly string[];
  /** Names that neither it nor a program that it starts can have more than. */
  readonly bounding: readonly string[];
  /** Whether programs that it starts can gain nothing by set-user-ID bits. */
  readonly noNewPrivileges: boolean;
}

/** Of the main thread of a process. @throws {Error} there is no such process */
export function capabilitiesOf(pid: number | "self" = "self"): ProcessCapabilities {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)$`, "m").exec(status)?.[1] ?? "0";
  return {
    effective: namesOf(BigInt(`0x${field("CapEff")}`)),
    bounding: namesOf(BigInt(`0x${field("CapBnd")}`)),
    noNewPrivileges: field("NoNewPrivs") === "1",
  };
}

function namesOf(bits: bigint): string[] {
  const names: string[] = [];
  for (let number = 0; bits >> BigInt(number) !== 0n; number++)
    if ((bits >> BigInt(number)) & 1n) names.push(CAPABILITIES[number] ?? `cap_${number}`);
  return names;
}

const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const F_SETFD = 2;
/** Standard input, output and error. */
const STANDARD_DESCRIPTORS = [0, 1, 2];

/**
 * Leaves only these in the bounding set of this thread, and starts the running program again in its place.
 * Does not return, unless there is nothing to give up. @throws {KernelError}
 */
export function confine(kernel: Kernel, keep: readonly string[]): void {
  const { bounding, noNewPrivileges } = capabilitiesOf();
  const surplus = bounding.filter((name) => !keep.includes(name));
  if (surplus.length === 0 && noNewPrivileges) return;
  for (const name of surplus) {
    const number = CAPABILITIES.includes(name) ? CAPABILITIES.indexOf(name) : Number(name.slice("cap_".length));
    const result = kernel.syscall("prctl", undefined, PR_CAPBSET_DROP, number);
    if (result < 0) throw kernelError("prctl(PR_CAPBSET_DROP)", `CAP_${name.toUpperCase()}`, -result);
  }
  const result = kernel.syscall("prctl", undefined, PR_SET_NO_NEW_PRIVS, 1);
  if (result < 0) throw kernelError("prctl(PR_SET_NO_NEW_PRIVS)", "this process", -result);
  restart(kernel);
}

function restart(kernel: Kernel): never {
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ""}`);
  const memory = new Memory(kernel, sizeOf(words) + sizeOf(environment));
  const argv = writeStrings(memory, 0, words);
  const envp = writeStrings(memory, sizeOf(words), environment);
  const program = argv + 8 * (words.length + 1); // the first of the words
  // Node.js marks every descriptor that it finds at its start as to be closed by exec.
  for (const fd of STANDARD_DESCRIPTORS) kernel.syscall("fcntl", undefined, fd, F_SETFD, 0);
  const result = kernel.syscall("execve", undefined, program, argv, envp);
  throw kernelError("execve", process.execPath, -result);
}

/** An array of pointers with a null at its end, and what they point to. */
function sizeOf(strings: readonly string[]): number {
  const bytes = strings.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
  return 8 * (strings.length + 1) + ((bytes + 7) & ~7);
}

/** Writes such an array; returns its address. */
function writeStrings(memory: Memory, start: number, strings: readonly string[]): number {
  let at = start + 8 * (strings.length + 1);
  strings.forEach((text, i) => {
    memory.view.setBigUint64(start + 8 * i, BigInt(memory.address + at), true);
    const bytes = Buffer.from(text);
    memory.bytes.set(bytes, at);
    at += bytes.length + 1;
  });
  return memory.address + start;
}
