import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import { type KconfigSpec, type KernelConfig, kconfigValues, kernelVersionCode } from "./kernel-config.ts";

const CONFIG = `# comment
CONFIG_A=y
CONFIG_M=m
CONFIG_HZ=250
CONFIG_MASK=0xff
CONFIG_BIG=4294967296
CONFIG_NEGATIVE=-3
CONFIG_TEXT="some text"
# CONFIG_OFF is not set
`;

const builder = new BtfBuilder();
const types = {
  bool: builder.int("_Bool", 1, "bool"),
  char: builder.int("char", 1, "signed"),
  int: builder.int("int", 4, "signed"),
  long: builder.int("unsigned long", 8, "unsigned"),
  tristate: builder.enum("libbpf_tristate", 4, false, [
    { name: "TRI_NO", value: 0 },
    { name: "TRI_YES", value: 1 },
    { name: "TRI_MODULE", value: 2 },
  ]),
  text: builder.array(builder.int("char", 1, "signed"), 6),
};
const SIZES = { bool: 1, char: 1, int: 4, long: 8, tristate: 4, text: 6 } as const;
const btf = new BtfReader(builder.encode());

function valueOf(
  name: string,
  type: keyof typeof SIZES,
  changes: Partial<KconfigSpec> = {},
  kernel: Partial<KernelConfig> = {},
): Uint8Array {
  const extern: KconfigSpec = {
    kind: "kconfig",
    name,
    typeId: types[type],
    offset: 2,
    size: SIZES[type],
    weak: false,
    ...changes,
  };
  const whole = kconfigValues([extern], 12, btf, {
    version: () => 0x060102,
    config: () => CONFIG,
    hasBpfCookie: () => true,
    hasSyscallWrapper: () => false,
    ...kernel,
  });
  assert.ok(
    [...whole.subarray(0, 2), ...whole.subarray(2 + SIZES[type])].every((byte) => byte === 0),
    "nothing beside it",
  );
  return whole.subarray(2, 2 + SIZES[type]);
}

test("values are written as their declaration says", () => {
  const rows = [
    { name: "CONFIG_A", type: "bool", want: [1] },
    { name: "CONFIG_A", type: "char", want: [0x79] },
    { name: "CONFIG_M", type: "char", want: [0x6d] },
    { name: "CONFIG_A", type: "tristate", want: [1, 0, 0, 0] },
    { name: "CONFIG_M", type: "tristate", want: [2, 0, 0, 0] },
    { name: "CONFIG_HZ", type: "int", want: [250, 0, 0, 0] },
    { name: "CONFIG_MASK", type: "long", want: [255, 0, 0, 0, 0, 0, 0, 0] },
    { name: "CONFIG_BIG", type: "long", want: [0, 0, 0, 0, 1, 0, 0, 0] },
    { name: "CONFIG_NEGATIVE", type: "int", want: [0xfd, 0xff, 0xff, 0xff] },
    { name: "CONFIG_TEXT", type: "text", want: [...Buffer.from("some "), 0] },
    { name: "LINUX_KERNEL_VERSION", type: "int", want: [2, 1, 6, 0] },
    { name: "LINUX_HAS_BPF_COOKIE", type: "bool", want: [1] },
    { name: "LINUX_HAS_SYSCALL_WRAPPER", type: "bool", want: [0] },
  ] as const;
  for (const { name, type, want } of rows) assert.deepEqual([...valueOf(name, type)], want, `${name} as ${type}`);
});

test("what is not there is 0 if it is weak, and an error that names it if not", () => {
  assert.deepEqual([...valueOf("CONFIG_OFF", "int", { weak: true })], [0, 0, 0, 0]);
  assert.deepEqual([...valueOf("CONFIG_HZ", "int", { weak: true }, { config: () => undefined })], [0, 0, 0, 0]);
  assert.throws(
    () => valueOf("CONFIG_OFF", "bool"),
    /needs CONFIG_OFF of this kernel, but its configuration does not set it/,
  );
  assert.throws(
    () => valueOf("CONFIG_A", "bool", {}, { config: () => undefined }),
    /neither \/proc\/config\.gz nor \/boot/,
  );
  assert.throws(() => valueOf("LINUX_HAS_MAGIC", "bool"), /no value of this name is known/);
});

test("a value that does not fit its declaration is an error", () => {
  for (const [name, type] of [
    ["CONFIG_M", "bool"],
    ["CONFIG_BIG", "int"],
    ["CONFIG_TEXT", "int"],
    ["CONFIG_HZ", "text"],
    ["CONFIG_A", "int"],
    ["CONFIG_HZ", "tristate"],
  ] as const) {
    assert.throws(() => valueOf(name, type), TypeError, `${name} as ${type}`);
  }
});

test("the version is that of the release, or of Debian's text where that says more", () => {
  const rows = [
    { release: "6.18.44-fc", text: "#1 SMP", want: 0x06122c },
    { release: "6.1.0-13-amd64", text: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)", want: 0x060137 },
    { release: "4.19.300", text: "", want: 0x0413ff },
    { release: "7.0-rc1", text: "", want: 0x070000 },
  ];
  for (const { release, text, want } of rows) assert.equal(kernelVersionCode(release, text), want, release);
});
