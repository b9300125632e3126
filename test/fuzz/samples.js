// Good inputs to damage: objects that clang made, the same as our writer writes them, their types, a part
// of the kernel's types, and scripts.
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { BtfBuilder, BtfReader, findMember, LocalTypes } from "@sonde/bpf/btf";
import { readObject, writeObject } from "@sonde/bpf/elf";
import { readFile } from "../../packages/bpf/dist/elf/read/file.js";
import { compile } from "../../packages/bpf/dist/elf/testing/objects.js";
import { frameSamples } from "./frame-samples.js";
import { dwarfSamples } from "./dwarf-samples.js";
import { root } from "../../tools/lib/environment.js";

/** @typedef {import("./mutate.js").Sample} Sample */
/** @typedef {Record<"elf" | "btf" | "ext" | "dwarf" | "frames" | "script", Sample[]>} Samples */

/** Of packages/bpf/testdata; named one by one, so that a new one does not change which input has which number. */
const sources = ["core-relocations", "elf-kconfig", "elf-kernel-symbols", "elf-kinds", "elf-legacy", "elf-struct-ops"];

/** Everything above; compiling takes about a second. @returns {Samples} */
export function makeSamples() {
  const compiled = sources.map((name) => ({ name, bytes: compile(name) }));
  const specs = compiled.map(({ name, bytes }) => ({ name, spec: readObject(bytes) }));
  const written = specs.map(({ name, spec }) => ({ name: `${name}, written by us`, bytes: writeObject(spec) }));
  const big = [{ name: "elf-kinds, big-endian", bytes: compile("elf-kinds", { target: "bpfeb" }) }];
  const objects = [...compiled, ...written, ...big].map(({ name, bytes }) => objectSample(name, bytes));
  const types = specs.map(({ name, spec }) => ({ name, bytes: spec.btf })).filter(({ bytes }) => bytes.length > 0);
  types.push({ name: "every kind", bytes: everyKind() }, { name: "a part of vmlinux", bytes: partOfVmlinux() });
  return {
    elf: objects,
    btf: [...types, ...types.map(({ name, bytes }) => ({ name: `${name}, big-endian`, bytes: bigEndian(bytes) }))].map(
      typesSample,
    ),
    ext: objects.flatMap(({ name, bytes }) => {
      const section = readFile(bytes).sections.find(({ name }) => name === ".BTF.ext");
      return section === undefined ? [] : [{ name, bytes, regions: [section], words: [], resizable: false }];
    }),
    dwarf: dwarfSamples(),
    frames: frameSamples(),
    script: scripts(),
  };
}

/** An object with the regions that a reader follows. @param {string} name @param {Uint8Array} bytes @returns {Sample} */
function objectSample(name, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[5] === 1;
  const headers = { offset: Number(view.getBigUint64(40, little)), size: view.getUint16(60, little) * 64 };
  const sections = readFile(bytes).sections.filter(
    (section) => section.bytes.length > 0 && !section.name.includes("debug"),
  );
  const tables = sections.filter((section) => /^\.(symtab|rel.*|BTF.*|maps|sonde)$/.test(section.name));
  return {
    name,
    bytes,
    regions: [{ offset: 0, size: 64 }, headers, headers, ...tables, ...sections],
    words: [],
    resizable: true,
  };
}

/** @param {{ name: string, bytes: Uint8Array }} types @returns {Sample} */
function typesSample({ name, bytes }) {
  const header = { offset: 0, size: 24 };
  const types = { offset: 24, size: new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, bytes[0] === 0x9f) };
  const strings = { offset: 24 + types.size, size: bytes.length - 24 - types.size };
  return { name, bytes, regions: [header, types, types, types, strings], words: [], resizable: true };
}

/** Types with the byte order that s390x has. Their strings stay. @param {Uint8Array} blob */
function bigEndian(blob) {
  const bytes = blob.slice();
  const view = new DataView(bytes.buffer);
  const words = 6 + view.getUint32(12, true) / 4;
  view.setUint16(0, view.getUint16(0, true), false);
  for (let word = 1; word < words; word++) view.setUint32(word * 4, view.getUint32(word * 4, true), false);
  return bytes;
}

/** One type of each kind at least. */
function everyKind() {
  const b = new BtfBuilder();
  const int = b.int("int", 4, "signed");
  const long = b.int("long", 8, "signed");
  const char = b.int("char", 1, "char");
  const colour = b.enum("colour", 4, false, [
    { name: "RED", value: 0n },
    { name: "BLUE", value: 7n },
  ]);
  const wide = b.enum("wide", 8, true, [{ name: "FAR", value: -1n }]);
  const inner = b.union("", 8, [
    { name: "a", type: long, bitOffset: 0, bitSize: 0 },
    { name: "b", type: colour, bitOffset: 0, bitSize: 0 },
  ]);
  const outer = b.struct("outer", 40, [
    { name: "flag", type: int, bitOffset: 0, bitSize: 3 },
    { name: "", type: inner, bitOffset: 64, bitSize: 0 },
    { name: "comm", type: b.array(char, 16), bitOffset: 128, bitSize: 0 },
    { name: "far", type: wide, bitOffset: 256, bitSize: 0 },
  ]);
  const proto = b.funcProto(int, [
    { name: "ctx", type: b.ptr(b.const(b.typedef("outer_t", outer))) },
    { name: "more", type: b.float("double", 8) },
  ]);
  b.func("main", proto, "global");
  b.ptr(b.volatile(b.restrict(b.fwd("later", false))));
  b.declTag("tag", outer, 1);
  b.ptr(b.typeTag("user", outer));
  b.datasec(".data", 40, [{ type: b.var("counter", outer, "global"), offset: 0, size: 40 }]);
  return b.encode();
}

/** Deeply nested structs of the running kernel, with the members that tracing reads most. */
function partOfVmlinux() {
  const vmlinux = new BtfReader(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux")));
  const used = {
    task_struct: ["pid", "tgid", "comm", "mm", "cgroups", "se.vruntime", "thread.sp"],
    file: ["f_path.dentry", "f_flags"],
    sock: ["__sk_common.skc_daddr", "__sk_common.skc_dport", "__sk_common.skc_family"],
    request: ["cmd_flags", "__data_len", "q"],
  };
  const local = new LocalTypes(vmlinux);
  const ids = Object.entries(used).flatMap(([struct, members]) => {
    const id = vmlinux.find(struct, "struct")[0];
    if (id === undefined) return [];
    for (const member of members) local.use(id, findMember(vmlinux, id, member)?.path ?? []);
    return [id];
  });
  const builder = new BtfBuilder();
  const written = local.write(builder);
  for (const id of ids) written.typeId(id);
  return builder.encode();
}

/** The ready monitors, cut up and put together with the language's words. @returns {Sample[]} */
function scripts() {
  const words =
    "{ } ( ) [ ] ; , @a $x = == ++ -> . / * ? : \" ' \\ %d 0x 1e9 -1 0b // /* */ # ! && || if else while for unroll (struct task_struct*) count() hist( BEGIN kprobe:* tracepoint: let config sizeof( .."
      .split(" ")
      .map((word) => Buffer.from(`${word} `));
  const folder = path.join(root, "monitors");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".bt"))
    .sort()
    .map((name) => {
      const bytes = new Uint8Array(readFileSync(path.join(folder, name)));
      return { name, bytes, regions: [{ offset: 0, size: bytes.length }], words, resizable: true };
    });
}
