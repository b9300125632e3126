/**
 * Values of the section `.kconfig`: what the running kernel was built with (`CONFIG_HZ`), which release
 * it is (`LINUX_KERNEL_VERSION`), what it can do (`LINUX_HAS_*`). The rules are libbpf's.
 */
import { readFileSync } from "node:fs";
import { release, version } from "node:os";
import { gunzipSync } from "node:zlib";
import { resolve } from "@sonde/bpf/btf";
import type { Btf, BtfType } from "@sonde/bpf/btf";
import type { ExternSpec } from "@sonde/bpf/spec";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";

export type KconfigSpec = Extract<ExternSpec, { kind: "kconfig" }>;

/** What values come from; each is asked for when an object wants it. */
export interface KernelConfig {
  /** LINUX_VERSION_CODE. */
  version(): number;
  /** The text of the kernel's `.config`; undefined where it is not told. */
  config(): string | undefined;
  /** Whether programs can read a cookie given at attach time (5.15). */
  hasBpfCookie(): boolean;
  /** Whether system calls are functions with a name of their own, `__x64_sys_open` (4.17). */
  hasSyscallWrapper(): boolean;
}

/**
 * The value of the map `.kconfig`, of `size` bytes.
 *
 * Errors: KernelError (ENOENT) for a value that is not weak and that nothing tells, TypeError for one that does not
 * fit its declaration.
 */
export function kconfigValues(
  externs: readonly KconfigSpec[],
  size: number,
  types: Btf,
  kernel: KernelConfig,
): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let text: string | undefined | null = null;
  const configured = (name: string): string | undefined => {
    if (text === null) text = kernel.config();
    return text === undefined ? undefined : optionIn(text, name);
  };
  for (const extern of externs) {
    const value = valueOf(extern.name, kernel, configured);
    if (value === undefined) {
      if (!extern.weak) throw missing(extern.name, text);
    } else {
      writeValue(view, extern, value, types);
    }
  }
  return bytes;
}

/** As it stands in the configuration: `y`, `m`, `n`, `100`, `0xff`, `"text"`. */
function valueOf(
  name: string,
  kernel: KernelConfig,
  configured: (name: string) => string | undefined,
): string | undefined {
  switch (name) {
    case "LINUX_KERNEL_VERSION":
      return String(kernel.version());
    case "LINUX_HAS_BPF_COOKIE":
      return kernel.hasBpfCookie() ? "y" : "n";
    case "LINUX_HAS_SYSCALL_WRAPPER":
      return kernel.hasSyscallWrapper() ? "y" : "n";
    default:
      return name.startsWith("CONFIG_") ? configured(name) : undefined;
  }
}

function optionIn(text: string, name: string): string | undefined {
  const start = text.startsWith(`${name}=`) ? 0 : text.indexOf(`\n${name}=`) + 1;
  if (start === 0 && !text.startsWith(`${name}=`)) return undefined;
  const end = text.indexOf("\n", start);
  return text.slice(start + name.length + 1, end === -1 ? text.length : end);
}

/** enum libbpf_tristate. */
const TRISTATE: Readonly<Record<string, number>> = { n: 0, y: 1, m: 2 };

function writeValue(view: DataView, { name, typeId, offset, size }: KconfigSpec, value: string, types: Btf): void {
  const type = resolve(types, typeId);
  const fail = (): never => {
    throw new TypeError(
      `this kernel has ${name}=${value}, which does not fit its declaration as ${type.kind} of ${size} bytes`,
    );
  };
  if (type.kind === "array") return writeText(view, offset, size, value, fail);
  if (type.kind === "enum" || type.kind === "enum64")
    return writeInteger(view, offset, size, BigInt(TRISTATE[value] ?? fail()));
  writeInteger(view, offset, size, integerOf(type, value) ?? fail());
}

/** `y` as a bool is 1, as a char the letter; undefined for what the type does not hold. */
function integerOf(type: BtfType, value: string): bigint | undefined {
  if (type.kind !== "int") return undefined;
  const tristate = TRISTATE[value];
  if (type.encoding === "bool") return tristate === 0 || tristate === 1 ? BigInt(tristate) : undefined;
  if (tristate !== undefined) return type.size === 1 ? BigInt(value.charCodeAt(0)) : undefined;
  return fitting(value, type.bits, type.encoding === "signed");
}

/** Without its quotes, cut to what fits, with a NUL behind. */
function writeText(view: DataView, offset: number, size: number, value: string, fail: () => never): void {
  if (!value.startsWith('"') || !value.endsWith('"') || value.length < 2) fail();
  const text = new TextEncoder().encode(value.slice(1, -1)).subarray(0, size - 1);
  new Uint8Array(view.buffer, view.byteOffset + offset, size).set(text);
}

function fitting(text: string, bits: number, signed: boolean): bigint | undefined {
  if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(text)) return undefined;
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  return (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value ? value : undefined;
}

function writeInteger(view: DataView, offset: number, size: number, value: bigint): void {
  for (let i = 0; i < size; i++) view.setUint8(offset + i, Number(BigInt.asUintN(8, value >> BigInt(8 * i))));
}

function missing(name: string, text: string | undefined | null): KernelError {
  const why =
    text === undefined
      ? "its configuration is in neither /proc/config.gz nor /boot"
      : name.startsWith("CONFIG_")
        ? "its configuration does not set it"
        : "no value of this name is known";
  return new KernelError(
    { call: "BPF_MAP_CREATE", subject: `kernel configuration '${name}'`, errno: Errno.ENOENT },
    `the object needs ${name} of this kernel, but ${why} (declare it __weak to load without)`,
  );
}

/** The text of the running kernel's configuration; undefined where neither /boot nor /proc tells it. */
export function readKernelConfig(): string | undefined {
  for (const read of [
    (): Buffer => readFileSync(`/boot/config-${release()}`),
    (): Buffer => gunzipSync(readFileSync("/proc/config.gz")),
  ]) {
    try {
      return read().toString("latin1");
    } catch {
      // The next place.
    }
  }
  return undefined;
}

/** LINUX_VERSION_CODE of a release "6.1.0-13-amd64". Debian's release has no patch level: its version text has. */
export function kernelVersionCode(name: string = release(), text: string = version()): number {
  const debian = /\bDebian (\d+)\.(\d+)\.(\d+)/.exec(text);
  const [, major = 0, minor = 0, patch = 0] = (debian ?? /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(name) ?? []).map(Number);
  return (major << 16) + (minor << 8) + Math.min(patch || 0, 255);
}
