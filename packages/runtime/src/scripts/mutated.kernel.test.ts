/**
 * What compiles, loads: scripts that use every construct, with words left out, doubled and exchanged.
 * Most of them are refused, at a place in their text; each that is not must pass this kernel's verifier.
 *
 * SONDE_MUTATED_SCRIPTS=20000 takes so many.
 */
import assert from "node:assert/strict";
import { compileScript } from "@sonde/compiler";
import { loadCollection } from "@sonde/kernel/collection";
import { openKernel } from "@sonde/kernel/sys";
import { kernelTest } from "@sonde/kernel/testing";
import { testTarget } from "./run-script.ts";

const COUNT = Number(process.env["SONDE_MUTATED_SCRIPTS"] ?? 150);
const SEEDS = [
  `BEGIN { @m[1, "a"] = 2; $s = 0; for ($kv : @m) { if ($kv.0.0 > 5) { continue; } $s += $kv.1; print($kv); } @s = $s; }`,
  `BEGIN { @c[comm] = count(); @x = max(nsecs % 7); for ($kv : @c) { @sum = sum($kv.1); if (@x > 3) { break; } } }`,
  `BEGIN { $n = (uint64)pid % 9; for ($i : 0..$n) { for ($j : $i..10) { @n++; if (@n > 50) { return; } } } }`,
  `BEGIN { $i = 0; while ($i < 30) { $i += 2; unroll(3) { @u[$i] = $i; } if ($i == 20) { break; } } }`,
  `BEGIN { $p = curtask; while ($p->pid != 0) { @up[$p->pid] = $p->comm; $p = $p->real_parent; } }`,
  `macro add(@to, x) { @to += x; } macro twice(x) { let $y = x; $y + $y } BEGIN { add(@a, twice(3)); $z = { add(@a, 1); @a }; @b = $z; }`,
  `BEGIN { $t = (1, ("two", -3)); $r = (a=1, b="x", c=$t); @k[$t] = $r; print(@k[1, ("two", -3)].b); @v = $r.c.1.0 == "two"; }`,
  `enum color { RED, GREEN = 5 }; struct own { int a : 3; int b : 9; char c[4]; struct { u16 d; enum color e; } f[2]; }; BEGIN { $o = (struct own *)0; @a = $o->b; @c = $o->c; $f = $o->f[1]; @e[$f.e] = $f; print(*$o); }`,
  `BEGIN { $l = curtask->tasks; @l = $l; $q = &curtask->tasks; $t = container_of($q, struct task_struct, tasks); @same = $t == curtask; @n = @l.next == $l.next; }`,
  `BEGIN { $a = (uint8[8])12345; for ($i : 0..8) { @s += $a[$i]; } @k[(uint8[4])7] = (uint32)(uint8[4])7; $x = if (@s > 5) { $a[1] } else { 0 }; @x = $x ?: 9; }`,
  `tracepoint:sched:sched_switch /args.prev_pid != 0 && args.next_comm != "x"/ { @[args.prev_comm, args.next_prio] = avg(args.prev_prio); $a = args; print($a.next_comm); }`,
  `BEGIN { let $s: string[8] = "abc"; $u = str(0x1000, 16); @str[$s, $u] = strncmp($s, "abd", 2); printf("%s %d %s", $s, $u == $s, comm); }`,
];

/** A linear congruence: the same scripts on every machine. */
class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(limit: number): number {
    this.#state = (this.#state * 1103515245 + 12345) % 2147483648;
    return Math.floor((this.#state / 2147483648) * limit);
  }
}

function wordsOf(text: string): string[] {
  return text.match(/\s+|\w+|[^\w\s]/g) ?? [];
}

function mutate(text: string, words: readonly string[], chance: Chance): string {
  const parts = wordsOf(text);
  for (let change = 0; change < 1 + chance.below(3); change++) {
    const at = chance.below(parts.length);
    const other = chance.below(parts.length);
    switch (chance.below(4)) {
      case 0:
        parts.splice(at, 1 + chance.below(2));
        break;
      case 1:
        parts.splice(at, 0, words[chance.below(words.length)] ?? "");
        break;
      case 2:
        parts[at] = words[chance.below(words.length)] ?? "";
        break;
      default:
        parts.splice(at, 0, ...parts.slice(other, other + chance.below(8)));
    }
  }
  return parts.join("");
}

kernelTest(`${COUNT} scripts with mistakes: what compiles, loads`, { timeout: 60_000 + COUNT * 500 }, () => {
  const kernel = openKernel();
  const target = testTarget();
  const words = SEEDS.flatMap(wordsOf).filter((word) => word.trim() !== "");
  const chance = new Chance(2026);
  let loaded = 0;
  for (let round = 0; round < COUNT; round++) {
    const seed = SEEDS[round % SEEDS.length] ?? "";
    // The first round takes them as they are.
    const text = round < SEEDS.length ? seed : mutate(seed, words, chance);
    const { spec, diagnostics } = compileScript({ name: "-e", text }, target);
    if (spec === undefined) {
      assert.ok(
        diagnostics.some(({ severity }) => severity === "error"),
        `refused without a word: ${text}`,
      );
      continue;
    }
    try {
      loadCollection(kernel, spec, { vmlinux: () => target.btf }).close();
    } catch (error) {
      assert.fail(`compiled, and was refused by the kernel: ${text}\n${(error as Error).message}`);
    }
    loaded++;
  }
  assert.ok(loaded >= COUNT / 30, `only ${loaded} of ${COUNT} compiled`);
});
