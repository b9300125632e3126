import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  Attr,
  BpfCommand,
  Errno,
  FileDescriptor,
  Mapping,
  MapTypeId,
  PROT_READ,
  PROT_WRITE,
  KernelError,
  leaked,
  mapCreate,
  mapFreeze,
  MapFlag,
  objectById,
  objectIds,
  objectInfo,
  openKernel,
  openKernelDescriptors,
  possibleCpus,
} from "./index.ts";
import type { MapCreateRequest } from "./index.ts";

const kernel = openKernel();
const array: MapCreateRequest = {
  type: MapTypeId.array,
  keySize: 4,
  valueSize: 8,
  maxEntries: 4,
  flags: 0,
  name: "sys-test",
};

test("a map is created, described by its id, and closed", () => {
  using map = mapCreate(kernel, array);
  assert.match(readlinkSync(`/proc/self/fd/${map.fd}`), /bpf-map/);
  const info = objectInfo(kernel, map.fd, 80, "map");
  assert.equal(info.getUint32(0, true), MapTypeId.array);
  assert.equal(info.getUint32(8, true), 4);
  const id = info.getUint32(4, true);
  assert.ok([...objectIds(kernel, "map")].includes(id));
  using again = objectById(kernel, "map", id);
  assert.ok(again !== undefined);
});

test("a refusal carries the call, the object, the errno's name and advice", () => {
  assert.throws(
    () => mapCreate(kernel, { ...array, keySize: 5 }),
    (error) =>
      error instanceof KernelError &&
      error.call === "BPF_MAP_CREATE" &&
      error.errno === Errno.EINVAL &&
      error.code === "EINVAL" &&
      /'sys-test'.*EINVAL/.test(error.message) &&
      error.advice !== undefined,
  );
});

test("a descriptor is closed once and its number never used after", () => {
  const map = mapCreate(kernel, array);
  map.close();
  map.close();
  assert.throws(() => map.fd, /closed already/);
});

test("create and close leave no descriptor", () => {
  const before = openKernelDescriptors();
  for (let i = 0; i < 1000; i++) mapCreate(kernel, array).close();
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  const kept = mapCreate(kernel, array);
  assert.equal(leaked(before, openKernelDescriptors()).length, 1);
  kept.close();
});

test("what a call points to survives garbage collection during the call", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  using map = mapCreate(kernel, { ...array, type: MapTypeId.hash, keySize: 200, valueSize: 4096 });
  const key = new Uint8Array(200);
  const value = new Uint8Array(4096);
  for (let i = 0; i < 6000; i++) {
    key[0] = i & 3;
    value.fill(i & 0xff);
    const update = new Attr(kernel, 32, 0); // without room: both live in overflow memory
    update.u32(0, map.fd);
    update.pointer(8, key);
    update.pointer(16, value);
    if (i % 50 === 0) collect();
    else new Uint8Array(100_000);
    assert.equal(kernel.bpf(BpfCommand.MAP_UPDATE_ELEM, update), 0);
    const lookup = new Attr(kernel, 32, 0);
    lookup.u32(0, map.fd);
    lookup.pointer(8, key);
    const found = lookup.output(16, 4096);
    assert.equal(kernel.bpf(BpfCommand.MAP_LOOKUP_ELEM, lookup), 0);
    assert.equal(found[0], i & 0xff);
    assert.equal(found[4095], i & 0xff);
  }
});

test("a view that outlives its mapping reads zeros, and the owner refuses new ones", () => {
  using map = mapCreate(kernel, { ...array, flags: MapFlag.MMAPABLE });
  const mapping = new Mapping(kernel, {
    fd: map.fd,
    offset: 0,
    length: 4096,
    protection: PROT_READ | PROT_WRITE,
    subject: "test array",
  });
  const words = new Int32Array(mapping.buffer);
  words[0] = 7;
  using second = new Mapping(kernel, {
    fd: map.fd,
    offset: 0,
    length: 4096,
    protection: PROT_READ,
    subject: "test array",
  });
  assert.equal(new Int32Array(second.buffer)[0], 7);
  mapping.close();
  assert.equal(words[0], 0);
  words[0] = 9;
  assert.equal(new Int32Array(second.buffer)[0], 7);
  assert.throws(() => mapping.buffer, /closed already/);
});

test("a map with a writable mapping cannot be frozen", () => {
  using map = mapCreate(kernel, { ...array, flags: MapFlag.MMAPABLE });
  using mapping = new Mapping(kernel, {
    fd: map.fd,
    offset: 0,
    length: 4096,
    protection: PROT_READ | PROT_WRITE,
    subject: "test array",
  });
  assert.equal(mapping.buffer.byteLength, 4096);
  assert.throws(() => mapFreeze(kernel, map.fd, "test array"), { code: "EBUSY" });
});

test("the possible CPUs are at least those of this process", () => {
  assert.ok(possibleCpus().length >= 1);
  assert.equal(possibleCpus()[0], 0);
});

test("closing a descriptor that is not open is an error, never silent", () => {
  assert.throws(() => new FileDescriptor(1_000_000).close(), { code: "EBADF" });
});
