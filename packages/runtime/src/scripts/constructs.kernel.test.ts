/** Macros, blocks that are values, tuples and records. */
import { computed } from "./table.ts";

computed([
  {
    name: "macros change the caller's variables and maps",
    before: `macro both($a, @b) { $a += 1; @b += 1; }`,
    script: `$x = 10; @y = 5; both($x, @y); both($x, @y); printf("%d %d", $x, @y);`,
    want: "12 7",
  },
  {
    name: "macros as values, called by others, in any order, with and without parentheses",
    before: `macro add_two(x) { add_one(x) + 1 } macro add_one(x) { x + 1 } macro one() { 1 }`,
    script: `$a = 10; printf("%d %d %d %d", one(), one, add_one($a), add_two(1 + 1));`,
    want: "1 1 11 4",
  },
  {
    name: "an expression is evaluated wherever its name stands",
    before: `macro thrice(x) { x; x; x; } macro once(x) { let $y = x; $y + $y }`,
    script: `$n = 0; thrice({ printf("hi") }); $m = once(++$n); printf(" %d %d", $n, $m);`,
    want: "hihihi 1 2",
  },
  {
    name: "a macro's own variables are its own",
    before: `macro inc(x) { $y = x + 1; $y }`,
    script: `$y = 2; $z = inc(5); $w = inc($y); printf("%d %d %d", $y, $z, $w);`,
    want: "2 6 3",
  },
  {
    name: "types as arguments of macros",
    before: `macro size(T) { sizeof(T) } macro cut(x, T) { (T)x } macro same(x, T) { ((T *)x)->tgid == pid } macro kept(T) { let $y: T = (T)300; $y }`,
    script: `$v = (uint16)3; printf("%d %d %d %d %d %d %d", size(uint16), cut(300, uint8), size(struct list_head), same(curtask, struct task_struct), size(typeof(pid)), kept(uint8), size($v));`,
    want: "2 44 16 1 4 44 2",
  },
  {
    name: "comptime leaves one branch",
    before: `macro size(x) { if comptime (is_str(x)) { strlen(x) } else { x + 1 } }`,
    script: `$s = if comptime (sizeof(uint8) == 1) { "yes" } else { 5 }; if comptime (1 > 2) { print($undefined); } else if comptime (2 > 1) { printf("two "); }
             printf("%d %d %s %d", size("abc"), size(4), $s, comptime (3 + 4));`,
    want: "two 3 5 yes 7",
  },
  {
    name: "calculated constants: indices, steps, turns, assertions",
    script: `static_assert(sizeof(uint16) * 2 == 4 && !(1 > 2), "no"); @h = lhist(3, 0, 5 * 2, 1 + 1); unroll (1 + 1) { printf("u"); } printf("%s %d", (1, "two")[2 - 1], (uint64)-1 > 5);`,
    want: "uutwo 1",
  },
  {
    name: "errors in place of pointers",
    script: `printf("%d %d %d", is_err((uint8 *)-5), is_err(curtask), is_err((uint8 *)-4096));`,
    want: "1 0 0",
  },
  {
    name: "addresses of variables see what is assigned later, also in loops",
    script: `$x = 5; $p = &$x; $x = 7; $a = *$p; for ($i : 0..300) { $x++; } $s = "abc"; $q = &$s; $s = "de"; $t = (1, "two"); $r = &$t; printf("%d %d %s ", $a, *$p, str($q)); print(*$r);`,
    want: "7 307 de (1, two)",
  },
  {
    name: "the address of a map is the kernel's own",
    script: `@m[1] = 2; $m = &@m; printf("%d %d", $m->max_entries, $m->key_size);`,
    want: "4096 8",
  },
  {
    name: "loops in macros",
    needs: ["callbacks"],
    before: `macro total(@m) { let $sum = 0; for ($kv : @m) { $sum += $kv.1; } $sum }`,
    script: `@x[1] = 5; @x[2] = 10; printf("%d %d", total(@x), total(@x));`,
    want: "15 15",
  },
  {
    name: "a macro that ends the session",
    before: `macro early() { exit(); }`,
    script: `printf("before"); early(); printf("after");`,
    want: "before",
  },
  {
    name: "macros in filters",
    before: `macro ours() { pid == 0 || true } BEGIN / ours() / { printf("filtered "); } BEGIN /!ours()/ { printf("never"); }`,
    script: `printf("body");`,
    want: "filtered body",
  },
  {
    name: "blocks that are values",
    script: `let $a = { let $b = 1; $b + 1 }; $s = { if ($a > 1) { $a = 5; } "five" }; printf("%d %s %d", $a, $s, { 2 } + { 3 });`,
    want: "5 five 5",
  },
  {
    name: "a block that ends the session stands for no value",
    script: `$x = { printf("last"); exit(); 1 }; printf("%d", $x);`,
    want: "last",
  },
  {
    name: "if as a value",
    script: `let $x = 1; let $y = 0; printf("%d %s", if ($x) { if ($y) { 5 } else { $x + 1 } } else { 0 }, if ($y) { "a" } else if ($x) { "b" } else { "c" });`,
    want: "2 b",
  },
  {
    name: "values thrown away",
    script: `_ = 1 + 1; _ = { printf("effect"); 2 }; _ = "text"; _ = (1, comm); @a[1] = 1; _ = has_key(@a, 1);`,
    want: "effect",
  },
  {
    name: "typeof",
    script: `let $a: uint8 = 200; let $b: typeof($a) = (typeof($a))300; $c = (typeof($a))513; printf("%d %d %d %d", $b, $c, sizeof(typeof($a)), sizeof(typeof(curtask)));`,
    want: "44 1 1 8",
  },
  {
    name: "tuples: items by number and by index, within each other",
    script: `$t = (1, ("a", -2), 3); printf("%d %s %d %d %d", $t.0, $t.1.0, $t.1.1, $t[2], $t[1][1]); print($t);`,
    want: "1 a -2 3 -2(1, (a, -2), 3)",
  },
  {
    name: "tuples chosen, compared, and kept",
    script: `$t = pid > 0 ? (1, "yes") : (2, "no"); @t = $t; @k[$t] = 7; print(@t); printf("%d %d", $t == (1, "yes"), @k[1, "yes"]);`,
    want: "@t: (1, yes)\n1 7",
  },
  {
    name: "records: fields by name, within each other",
    script: `$v = 99; $r = (a=0, b=-1, c="str", d=(5, 6), e=(x=$v, y="me")); printf("%d %d %s %d %d %s", $r.a, $r.b, $r.c, $r.d.1, $r.e.x, $r.e.y);`,
    want: "0 -1 str 6 99 me",
  },
  {
    name: "records printed, kept in maps and used as keys",
    script: `$r = (a=1, b="two", c=(x=3)); print($r); @m = $r; @k[$r] = 4; print(@m); print(@k); printf("%d", @m.c.x);`,
    want: "{ .a = 1, .b = two, .c = { .x = 3 } }\n@m: { .a = 1, .b = two, .c = { .x = 3 } }\n@k[{ .a = 1, .b = two, .c = { .x = 3 } }]: 4\n3",
  },
  {
    name: "a record's fields may come in any order, and are evaluated in theirs",
    script: `$r = (foo={ printf("a"); 1 }, bar={ printf("b"); 2 }); $r = (bar={ printf("c"); 1 }, foo={ printf("d"); 2 }); print($r);`,
    want: "abcd{ .foo = 2, .bar = 1 }",
  },
  {
    name: "every compound assignment, on variables and maps",
    script: `$x = 7; $x += 3; $x -= 1; $x *= 4; $x /= 3; $x %= 7; $x <<= 4; $x |= 3; $x &= 0x52; $x ^= 1; $x >>= 1; @x = 7; @x += 3; @x -= 1; @x *= 4; @x /= 3; @x %= 7; @x <<= 4; @x |= 3; @x &= 0x52; @x ^= 1; @x >>= 1; printf("%d %d", $x, @x);`,
    want: "41 41",
  },
]);
