/** Loops and the reading of aggregations, on every way that kernels offer. */
import { computed } from "./table.ts";

computed([
  {
    name: "over a map: keys and values",
    needs: ["callbacks"],
    script: `@a[1] = 10; @a[2] = 20; @a[3] = 30; $s = 0; $k = 0; for ($kv : @a) { $k += $kv.0; $s += $kv.1; } printf("%d %d", $k, $s);`,
    want: "6 60",
  },
  {
    name: "over a map with several keys and strings, printed as a pair",
    needs: ["callbacks"],
    script: `@a["x", 1] = "one"; for ($kv : @a) { print($kv); printf("%s %d %s", $kv.0.0, $kv.0.1, $kv.1); }`,
    want: "((x, 1), one)\nx 1 one",
  },
  {
    name: "over a map: break, continue, and what is counted on the way",
    needs: ["callbacks"],
    script: `for ($i : 0..10) { @a[$i] = $i; } $n = 0; $even = 0; for ($kv : @a) { if ($kv.1 % 2 == 1) { continue; } $even++; }
             for ($kv : @a) { $n++; if ($n == 4) { break; } } printf("%d %d", $even, $n);`,
    want: "5 4",
  },
  {
    name: "loops over maps inside of each other",
    needs: ["callbacks"],
    script: `for ($i : 0..3) { @a[$i] = $i; @b[$i] = 10 * $i; } $s = 0; for ($x : @a) { for ($y : @b) { $s += $x.1 + $y.1; } } printf("%d", $s);`,
    want: "99",
  },
  {
    name: "entries deleted while the loop goes over them",
    needs: ["callbacks"],
    script: `for ($i : 0..8) { @a[$i] = $i; } for ($kv : @a) { if ($kv.0 < 6) { delete(@a, $kv.0); } } $n = 0; for ($kv : @a) { $n++; } printf("%d", $n);`,
    want: "2",
  },
  {
    name: "strings and tuples that a loop shares with the code around it",
    needs: ["callbacks"],
    script: `@a["last"] = 1; $name = "none"; $t = (0, "zero"); for ($kv : @a) { $name = $kv.0; $t = ($kv.1, "one"); } printf("%s %d %s", $name, $t.0, $t.1);`,
    want: "last 1 one",
  },
  {
    name: "the probe's own context inside of a loop",
    needs: ["callbacks"],
    script: `@a[1] = 1; for ($kv : @a) { printf("%d %s", pid == tid, probe); }`,
    want: "1 begin",
  },
  {
    name: "exit and return inside of a loop end the whole program",
    needs: ["callbacks"],
    script: `@a[1] = 1; @a[2] = 2; for ($kv : @a) { for ($kw : @a) { printf("once"); exit(); } } printf(" not here");`,
    want: "once",
  },
  {
    name: "aggregations by key, in a loop",
    needs: ["callbacks", "lookup_percpu"],
    script: `@c[1] = count(); @c[1] = count(); @c[2] = count(); @m[5] = max(7); @m[5] = max(3); $s = 0; for ($kv : @c) { $s += $kv.1 * $kv.0; } for ($kv : @m) { $s += 100 * $kv.1; } printf("%d", $s);`,
    want: "704",
  },
  {
    name: "counts, sums and averages where they stand",
    script: `@c = count(); @c = count(); @k["a"] = count(); @s = sum(-3); @s = sum(1); @v = avg(4); @v = avg(9); @w["x"] = avg(-5);
             printf("%d %d %d %d %d %d %d", @c, @k["a"], @k["b"], @s, @v, @w["x"], @c > 1 ? 1 : 0);`,
    want: "2 1 0 -2 6 -5 1",
  },
  {
    name: "extremes where they stand",
    needs: ["lookup_percpu"],
    script: `@l = min(5); @l = min(3); @h = max(-5); @h = max(-3); @n["x"] = min(8); printf("%d %d %d %d", @l, @h, @n["x"], @n["y"]);`,
    want: "3 -3 8 0",
  },
  {
    name: "ranges that only the kernel knows",
    needs: ["bpf_loop"],
    script: `@n = 1000; $n = @n; $s = 0; for ($i : 0..$n) { $s += $i; if ($i == 99) { break; } } for ($i : $n - 3..$n) { $s += $i; } for ($i : 5..@n - 1000) { $s = 0; } printf("%d", $s);`,
    want: "7944",
  },
  {
    name: "ranges of many turns, inside of each other",
    needs: ["bpf_loop"],
    script: `$s = 0; for ($i : 0..1000) { for ($j : 0..1000) { $s++; } } printf("%d", $s);`,
    want: "1000000",
  },
  {
    name: "loops of few turns, four deep",
    needs: ["bpf_loop"],
    script: `for ($i : 0..10) { for ($j : 0..10) { for ($k : 0..10) { for ($l : 0..10) { @n++; } } } } printf("%d", @n);`,
    want: "10000",
  },
  {
    name: "a map gone over in every turn of other loops",
    needs: ["callbacks", "bpf_loop"],
    script: `for ($i : 0..20) { @m[$i] = $i; } $s = 0; for ($i : 0..20) { for ($kv : @m) { $s += $kv.1; if ($kv.0 == 19) { continue; } $s++; } } printf("%d", $s);`,
    want: "4180",
  },
  {
    name: "bounds of a range are computed once",
    script: `$n = 4; $turns = 0; for ($i : 0..4) { $n += 1; $turns++; } printf("%d %d", $n, $turns);`,
    want: "8 4",
  },
  {
    name: "while, as often as it takes",
    needs: ["bpf_loop"],
    script: `$i = 0; while ($i < 100000) { $i++; if ($i == 70000) { break; } } $p = curtask; $up = 0; while ($p->pid != 0) { $p = $p->real_parent; $up++; }
             $odd = 0; $j = 0; while (true) { $j++; if ($j > 10) { break; } if ($j % 2 == 0) { continue; } $odd++; } printf("%d %d %d", $i, $up > 0, $odd);`,
    want: "70000 1 5",
  },
  {
    name: "open loops that carry numbers, inside of each other, left early",
    needs: ["bpf_loop"],
    script: `@n = 1000; $n = @n; $a = 0; $b = 1; $c = 0;
             for ($i : 0..$n) { $a++; if ($a == 600) { break; } for ($j : $i..$n) { $b += 2; if ($j % 2 == 0) { continue; } if ($j > $i + 2) { break; } $c++; } }
             printf("%d %d %d", $a, $b, $c);`,
    want: "600 5391 898",
  },
  {
    name: "an open loop that ends the script has nothing left open",
    needs: ["bpf_loop"],
    script: `@n = 1000; $n = @n; $s = "none"; for ($i : 0..$n) { for ($j : 0..$n) { if ($i * $j == 42) { $s = "found"; printf("%s %d %d", $s, $i, $j); exit(); } } } printf("nothing");`,
    want: "found 1 42",
  },
  {
    name: "loops make eight million turns at most",
    needs: ["bpf_loop"],
    script: `@n = 100000000; $n = @n; $a = 0; for ($i : 0..$n) { $a++; } $b = 0; while (true) { $b++; } printf("%d %d", $a, $b);`,
    want: "8388608 8388608",
  },
  {
    name: "a loop that turns out to make no turn",
    needs: ["bpf_loop"],
    script: `$one = 1; for ($i : 1..($one & 31)) { @a[$i] = 1; @b[$i] = 1; @c[$i] = 1; @d[$i] = 1; } printf("none");`,
    want: "none",
  },
  {
    name: "while, with a number of turns that can be seen",
    script: `$i = 10; $s = 0; while ($i > 0) { $s += $i; $i -= 2; } $j = 0; while ($j <= 3) { $j++; $s += 100; } printf("%d", $s);`,
    want: "430",
  },
  {
    name: "unrolled, with a constant and a parameter's default",
    script: `$s = 1; unroll(5) { $s *= 2; if ($s == 16) { break; } } printf("%d", $s);`,
    want: "16",
  },
  {
    name: "a variable declared in a loop is new in each turn",
    script: `$s = 0; for ($i : 0..3) { let $x: int64; $x += 1; $s += $x; } printf("%d", $s);`,
    want: "3",
  },
]);
