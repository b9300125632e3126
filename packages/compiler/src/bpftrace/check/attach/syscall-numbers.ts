/** Numbers of system calls by the names of their tracepoints, which are those of the functions in the kernel. */
import { systemCalls } from "@sonde/bpf/spec";

type Arch = Parameters<typeof systemCalls>[0];

/** Calls whose functions have other names. */
const FUNCTIONS: Readonly<Record<Arch, Readonly<Record<string, string>>>> = {
  x86_64: {
    stat: "newstat",
    fstat: "newfstat",
    lstat: "newlstat",
    uname: "newuname",
    sendfile: "sendfile64",
    umount2: "umount",
    _sysctl: "sysctl",
  },
  aarch64: {
    fstat: "newfstat",
    uname: "newuname",
    sendfile: "sendfile64",
    umount2: "umount",
    fadvise64: "fadvise64_64",
    personality: "arm64_personality",
  },
};

export function syscallNumbers(arch: Arch): ReadonlyMap<string, number> {
  return new Map(Array.from(systemCalls(arch), ([number, name]) => [FUNCTIONS[arch][name] ?? name, number]));
}
