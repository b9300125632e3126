import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { KernelSymbols } from "./kallsyms.ts";
import { LiveKernelSymbols } from "./live-kernel.ts";
import { formatSymbol } from "./symbol.ts";

const symbols = new KernelSymbols(readFileSync(new URL("../../testdata/kallsyms", import.meta.url)));

test("an address is named by the function that begins at or before it", () => {
  const rows = [
    { address: 0xffffffff816bab70n, want: "vfs_read" },
    { address: 0xffffffff816bab7cn, want: "vfs_read+12" },
    { address: 0xffffffff816baecfn, want: "vfs_read+863" },
    { address: 0xffffffff816baed0n, want: "do_iter_readv" },
    // Of aliases the first, which the kernel itself prefers.
    { address: 0xffffffff81000004n, want: "srso_alias_untrain_ret+4" },
    // Data is no code, and nothing is below the first function.
    { address: 0x1234n, want: "0x1234" },
  ];
  for (const { address, want } of rows) assert.equal(formatSymbol(symbols.symbolize(address)), want);
});

test("modules are told, and found though they stand in no order", () => {
  assert.deepEqual(symbols.symbolize(0xffffffffc0201008n), {
    address: 0xffffffffc0201008n,
    name: "ext4_readpage",
    offset: 8,
    module: "ext4",
  });
  assert.equal(symbols.symbolize(0xffffffffc0401000n).module, "nft_log");
  assert.equal(symbols.symbolize(0xffffffff816bab70n).module, undefined);
});

test("a symbol's address is found by its whole name, data included", () => {
  assert.equal(symbols.addressOf("vfs_read"), 0xffffffff816bab70n);
  assert.equal(symbols.addressOf("jiffies"), 0xffffffff8220bb08n);
  assert.equal(symbols.addressOf("ext4_readpage"), 0xffffffffc0201000n);
  assert.equal(symbols.addressOf("vfs_rea"), undefined);
});

test("a kernel that hides its addresses has no symbols", () => {
  const hidden = new KernelSymbols(Buffer.from("0000000000000000 T vfs_read\n0000000000000000 T vfs_write\n"));
  assert.equal(hidden.size, 0);
  assert.equal(hidden.symbolize(0xffffffff816bab70n).name, undefined);
});

test("code that came later has no name of what lies before it; the table is read again for it, but not at once", () => {
  const line = (address: bigint, name: string): string => `${address.toString(16)} t ${name}\n`;
  const [old, added] = [0xffffffffc0201000n, 0xffffffffc0401000n];
  let text = line(old, "old_function");
  let reads = 0;
  let time = 0;
  const table = (): KernelSymbols => {
    reads++;
    return new KernelSymbols(Buffer.from(text));
  };
  const live = new LiveKernelSymbols(table, () => time);
  assert.equal(live.symbolize(old + 5n).name, "old_function");
  text += line(added, "added_function");
  time = 500;
  assert.equal(live.symbolize(added).name, undefined, "half a second later the table is still the old one");
  time = 1500;
  assert.equal(live.symbolize(added).name, "added_function");
  assert.equal(reads, 2);
  time = 3000;
  assert.equal(live.symbolize(0x1000n).name, undefined);
  for (time = 4000; time < 9000; time += 1000) assert.equal(live.symbolize(0x1000n).name, undefined);
  assert.equal(reads, 3, "an address that is nowhere is looked for once");
});
