/** `decode`: what labels and fields are made of. */
import type { DecoderView } from "@sonde/bpf/spec";
import { S32, S64, U32, U64, type Type } from "../types/type.ts";
import { Decoder } from "./declarations.ts";

const text = (size: number): Type => ({ kind: "text", size });

function view(name: string, more: Omit<DecoderView, "name"> = {}): readonly DecoderView[] {
  return [{ name, ...more }];
}

/** A decoder that can also be called for one of another size. */
function sized(size: number, views: readonly DecoderView[]): object {
  const make = (bytes: number): Decoder => {
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > 4096)
      throw new RangeError(`a text takes 1 to 4096 bytes, not ${bytes}`);
    return new Decoder(text(bytes), views);
  };
  return Object.assign(make, { decoder: make(size) });
}

/** By number, as on x86 and Arm. */
const SIGNALS: Readonly<Record<string, string>> = Object.fromEntries(
  (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
    "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
  )
    .split(" ")
    .map((name, index) => [String(index + 1), `SIG${name}`]),
);

/** 16 bytes; those of IPv4 are shown as such. */
const ADDRESS = new Decoder(
  { kind: "array", element: { kind: "int", size: 1, signed: false }, length: 16, size: 16 },
  view("inet_ip"),
);

/** The members of `decode`. */
export function decoders(): Readonly<Record<string, unknown>> {
  return {
    /** Texts; a value longer than the size is refused when it is compiled. */
    text: sized(16, view("text")),
    path: sized(256, view("text")),
    comm: new Decoder(text(16), view("text"), "comm"),
    uint: new Decoder(U64, []),
    int: new Decoder(S64, []),
    hex: new Decoder(U64, view("address")),
    bytes: new Decoder(U64, []),
    duration: new Decoder(U64, []),
    boolean: new Decoder({ kind: "bool" }, []),
    pid: new Decoder(U32, [], "pid"),
    tid: new Decoder(U32, [], "tid"),
    ppid: new Decoder(U32, [], "ppid"),
    uid: new Decoder(U32, [], "uid"),
    gid: new Decoder(U32, [], "gid"),
    cpu: new Decoder(U32, [], "cpu"),
    time: new Decoder(U64, [], "bootTime"),
    cgroup: new Decoder(U64, view("cgroup"), "cgroupId"),
    container: new Decoder(U64, view("container"), "cgroupId"),
    pod: new Decoder(U64, view("pod"), "cgroupId"),
    namespace: new Decoder(U64, view("namespace"), "cgroupId"),
    blockDevice: new Decoder(U32, view("device")),
    errno: new Decoder(S32, view("errno")),
    signal: new Decoder(U32, view("values", { values: SIGNALS })),
    syscall: new Decoder(U32, view("syscall")),
    kernelSymbol: new Decoder(U64, view("ksym")),
    interface: new Decoder(U32, view("ifname")),
    ipv4: new Decoder(U32, view("inet_ip")),
    ipv6: ADDRESS,
    ip: ADDRESS,
    port: new Decoder({ kind: "int", size: 2, signed: false }, []),
    kernelStack: new Decoder({ kind: "stack", user: false, frames: 127 }, [], "kernelStack"),
    userStack: new Decoder({ kind: "stack", user: true, frames: 127 }, [], "userStack"),
    /** A value of one of the kernel's enumerations, by the name that the running kernel gives it. */
    kernelEnum: (name: string): Decoder => new Decoder(U64, view("kernel_enum", { key: name })),
    /** Text by value. */
    values: (values: Readonly<Record<string, string>>): Decoder => new Decoder(U64, view("values", { values })),
  };
}
