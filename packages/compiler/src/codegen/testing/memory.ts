/** Memory and helper calls that the evaluator and the interpreter of the tests both see. */

/** Addresses start far above zero, so that a scalar is not taken for one. */
const BASE = 0x7f00_0000_0000n;

export class Memory {
  readonly #bytes = new DataView(new ArrayBuffer(64 * 1024));
  #next = 0;

  /** Bytes are garbage until written, so that reading them shows. */
  allocate(bytes: number): bigint {
    const address = this.#next;
    for (let index = 0; index < bytes; index++) this.#bytes.setUint8(address + index, 0xa5);
    this.#next += (bytes + 15) & ~7;
    return BASE + BigInt(address);
  }

  load(address: bigint, size: number): bigint {
    const at = this.#at(address, size);
    let value = 0n;
    for (let index = size - 1; index >= 0; index--) value = (value << 8n) | BigInt(this.#bytes.getUint8(at + index));
    return value;
  }

  store(address: bigint, size: number, value: bigint): void {
    const at = this.#at(address, size);
    const cut = BigInt.asUintN(size * 8, value);
    for (let index = 0; index < size; index++)
      this.#bytes.setUint8(at + index, Number((cut >> BigInt(8 * index)) & 0xffn));
  }

  #at(address: bigint, size: number): number {
    const at = Number(address - BASE);
    if (!(at >= 0 && at + size <= this.#next))
      throw new Error(`access of ${size} bytes at 0x${address.toString(16)} is outside of memory`);
    return at;
  }
}

/** Helpers as tests want them: pure ones answer alike, others depend on their arguments and on how many calls there were. */
export class Calls {
  #count = 0n;
  readonly trace: string[] = [];

  call(helper: number, args: readonly bigint[]): bigint {
    if (PURE.has(helper)) return (0x1234_5678_9abc_def0n * BigInt(helper)) & 0xffff_ffff_ffff_ffffn;
    this.trace.push(`${helper}(${args.join(", ")})`);
    let answer = ++this.#count * 0x9e37_79b9_7f4a_7c15n;
    for (const arg of args) answer = (answer ^ arg) * 0xbf58_476d_1ce4_e5b9n;
    return BigInt.asUintN(64, answer);
  }
}

/** get_smp_processor_id, get_current_pid_tgid, get_current_uid_gid. */
const PURE: ReadonlySet<number> = new Set([8, 14, 15]);
