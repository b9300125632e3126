/** Contexts of programs, made of what a test says that the kernel saw. */
import { findMember, isComposite, memberNames, resolve, sizeOf, type Btf, type TypeId } from "@sonde/bpf/btf";
import type { ArgumentSource } from "@sonde/compiler/typescript";
import type { Vm } from "@sonde/bpf/vm";

/** Fields or arguments by name. Structs of the kernel are objects; what is left out is zero. */
export type MadeUpEvent = Readonly<Record<string, unknown>>;

const POINTER_BYTES = 8;
/** struct pt_regs of x86-64 and its arguments. */
const REGISTERS = 168;

/** The bytes that the program's context has for an event. Errors: TypeError for a field that there is none of. */
export function contextOf(vm: Vm, btf: Btf, source: ArgumentSource | undefined, event: MadeUpEvent): Uint8Array {
  if (source === undefined) return new Uint8Array(256);
  const writer = new StructWriter(vm, btf);
  switch (source.kind) {
    case "record":
      return writer.record(source.struct, event);
    case "syscall": {
      const bytes = new Uint8Array(64);
      for (const [name, value] of Object.entries(event)) {
        const index = source.params.findIndex((param) => param.name === name);
        const offset = name === "id" ? 8 : name === "ret" && source.params.length === 0 ? 16 : 16 + index * 8;
        if (offset < 16 && name !== "id")
          throw noField(
            source.title,
            name,
            source.params.map((param) => param.name),
          );
        writeNumber(bytes, offset, 8, typeof value === "string" ? madeUpText(vm, value, "user") : value);
      }
      return bytes;
    }
    case "usdt":
      return usdtContext(vm, source.title, event);
    case "context":
    case "packet":
      return writer.record(source.struct, event);
    case "words":
    case "parameters":
    case "registers": {
      const words = source.kind !== "registers";
      const bytes = new Uint8Array(words ? 8 * (source.params.length + 1) : REGISTERS);
      for (const [name, value] of Object.entries(event)) {
        const index = source.params.findIndex((param) => param.name === name);
        if (index < 0 && name !== "retval")
          throw noField(
            source.title,
            name,
            source.params.map((param) => param.name),
          );
        const type = index < 0 ? source.result : source.params[index]?.type;
        const word = writer.word(value, type?.kind === "pointer" ? type.to : 0);
        const at = words ? (index < 0 ? source.params.length : index) * 8 : registerAt(index);
        writeNumber(bytes, at, 8, word);
      }
      return bytes;
    }
  }
}

const USDT_ARGUMENTS = 12;
const USDT_ARGUMENT_BYTES = 16;

/** The arguments, "arg0" on, stand as constants in the table's first entry; the registers are never asked. */
function usdtContext(vm: Vm, title: string, event: MadeUpEvent): Uint8Array {
  const table = vm.map("__bpf_usdt_specs");
  const entry = new Uint8Array(table.get(new Uint8Array(4))!.length);
  const view = new DataView(entry.buffer);
  for (const [name, value] of Object.entries(event)) {
    const index = Number(/^arg(\d+)$/.exec(name)?.[1] ?? USDT_ARGUMENTS);
    if (index >= USDT_ARGUMENTS) throw noField(title, name, ["arg0", "arg1", "..."]);
    const word = typeof value === "string" ? madeUpText(vm, value, "user") : value;
    writeNumber(entry, index * USDT_ARGUMENT_BYTES, 8, word);
    const count = USDT_ARGUMENTS * USDT_ARGUMENT_BYTES + 8;
    view.setInt16(count, Math.max(view.getInt16(count, true), index + 1), true);
  }
  table.set(new Uint8Array(4), entry);
  return new Uint8Array(REGISTERS);
}

function registerAt(index: number): number {
  return index < 0 ? 80 : ([112, 104, 96, 88, 72, 64][index] ?? 0);
}

/** The address of a text in the memory of the kernel or the process. */
function madeUpText(vm: Vm, value: string, space: "user" | "kernel"): bigint {
  return vm.allocate(new TextEncoder().encode(`${value}\0`), { space, name: "a made-up text" });
}

function noField(what: string, name: string, known: readonly string[]): TypeError {
  return new TypeError(`${what} has no field ${name}; it has ${known.join(", ")}`);
}

class StructWriter {
  readonly #vm: Vm;
  readonly #btf: Btf;

  constructor(vm: Vm, btf: Btf) {
    this.#vm = vm;
    this.#btf = btf;
  }

  /** A tracepoint's record; data of variable length follows it. */
  record(struct: TypeId, event: MadeUpEvent): Uint8Array {
    const type = resolve(this.#btf, struct);
    let bytes = new Uint8Array(sizeOf(this.#btf, struct));
    for (const [name, value] of Object.entries(event)) {
      const dynamic = findMember(this.#btf, struct, `__data_loc_${name}`);
      if (dynamic === undefined) {
        this.#member(bytes, struct, name, value, "name" in type ? type.name.replace("trace_event_raw_", "") : "");
        continue;
      }
      const data = new TextEncoder().encode(`${String(value)}\0`);
      writeNumber(bytes, dynamic.bitOffset / 8, 4, bytes.length | (data.length << 16));
      const longer = new Uint8Array(bytes.length + data.length);
      longer.set(bytes);
      longer.set(data, bytes.length);
      bytes = longer;
    }
    return bytes;
  }

  /** A number as it is; a text or an object as the address of one. */
  word(value: unknown, to: TypeId): number | bigint {
    if (typeof value === "string") return madeUpText(this.#vm, value, "kernel");
    if (typeof value === "object" && value !== null) return this.#struct(to, value as MadeUpEvent);
    return typeof value === "boolean" ? Number(value) : (value as number | bigint);
  }

  #struct(type: TypeId, value: MadeUpEvent): bigint {
    const bytes = new Uint8Array(sizeOf(this.#btf, type));
    this.#fill(bytes, type, value);
    return this.#vm.allocate(bytes, { writable: true, name: "a made-up struct" });
  }

  #fill(bytes: Uint8Array, type: TypeId, value: MadeUpEvent): void {
    const resolved = resolve(this.#btf, type);
    const what = "name" in resolved ? resolved.name : "the struct";
    for (const [name, each] of Object.entries(value)) this.#member(bytes, type, name, each, what);
  }

  #member(bytes: Uint8Array, type: TypeId, name: string, value: unknown, what: string): void {
    const found = findMember(this.#btf, type, name);
    if (found === undefined || found.bitSize > 0) throw noField(what, name, memberNames(this.#btf, type).slice(0, 40));
    const at = found.bitOffset / 8;
    const member = resolve(this.#btf, found.type);
    if (isComposite(member)) this.#fill(bytes.subarray(at, at + member.size), member.id, value as MadeUpEvent);
    else if (member.kind === "array") this.#array(bytes.subarray(at, at + sizeOf(this.#btf, member.id)), value);
    else if (member.kind === "ptr") writeNumber(bytes, at, POINTER_BYTES, this.word(value, member.type));
    else writeNumber(bytes, at, sizeOf(this.#btf, member.id), this.word(value, 0));
  }

  #array(bytes: Uint8Array, value: unknown): void {
    const data =
      typeof value === "string" ? new TextEncoder().encode(value) : Uint8Array.from(value as Iterable<number>);
    bytes.set(data.subarray(0, bytes.length));
  }
}

function writeNumber(bytes: Uint8Array, offset: number, size: number, value: unknown): void {
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean")
    throw new TypeError(`${String(value)} is not a number`);
  const word = new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, BigInt(value))).buffer);
  bytes.set(word.subarray(0, size), offset);
}
