/** Types: numbers of every size, arrays, structs, enums, pointers, and what becomes of them when they are kept. */
import { computed } from "./table.ts";

computed([
  {
    name: "integers of every size, cut and extended",
    script: `printf("%d %d %d %d %d %d %u %d", (int8)200, (uint8)-1, (int16)40000, (uint16)-1, (int32)3000000000, (uint32)-1, (uint64)-1, (bool)7);`,
    want: "-56 255 -25536 65535 -1294967296 4294967295 18446744073709551615 1",
  },
  {
    name: "literals",
    script: `printf("%d %d %d %d %d %d %d", 0x10, 010, 1e3, 1_000_000, 5us, 2m, 123ULL);`,
    want: "16 8 1000 1000000 5000 120000000000 123",
  },
  {
    name: "sizes of types",
    script: `printf("%d %d %d %d %d %d %d", sizeof(uint8), sizeof(int64), sizeof(struct list_head), sizeof(void *), sizeof(uint16[3][2]), sizeof(string[20]), sizeof((int32)1));`,
    want: "1 8 16 8 12 20 4",
  },
  {
    name: "sizes of variables and maps are those of what was assigned",
    script: `$x = 1; $x = 300; $y = (uint8)4; let $z: typeof($y) = (typeof($y))300; @m = 1; @m = (uint32)7; $w = (uint8)1; $w = (int8)-1;
             printf("%d %d %d %d %d %d", sizeof($x), sizeof($y), sizeof($z), $z, sizeof(@m), sizeof($w));`,
    want: "2 1 1 44 4 2",
  },
  {
    name: "large unsigned and signed numbers in one place are signed",
    script: `$x = (uint64)5; $x = $x - 7; @k[1, (uint64)3] = 1; @k[1, $x] = 2; printf("%d %d %d", $x, @k[1, -2], $x < 0);`,
    want: "-2 2 1",
  },
  {
    name: "characters of strings",
    script: `$s = "a/b"; $n = 0; for ($i : 0..3) { if ($s[$i] == "/"[0]) { $n = $i; } } @s = $s; printf("%d %d %d %c", $n, $s[0], (@s)[2], $s[0]);`,
    want: "1 97 98 a",
  },
  {
    name: "a range of unsigned bounds counts unsigned",
    script: `for ($i : (uint64)1..(uint64)3) { @k[(uint64)9] = 1; @k[$i] = 2; } printf("%d %d", len(@k), @k[2]);`,
    want: "3 2",
  },
  {
    name: "booleans are printed as such",
    script: `$b = pid > 0; @b = !$b; print($b); print(@b); print((true, false)); printf("%d %d", $b, @b);`,
    want: "true\n@b: false\n(true, false)\n1 0",
  },
  {
    name: "enums are printed by name",
    before: `enum color { RED, GREEN = 5 };`,
    script: `$c = (enum color)5; @c = $c; print($c); print(@c); print((enum color)7); printf("%s %d %d", $c, $c, $c == GREEN);`,
    want: "GREEN\n@c: GREEN\n7\nGREEN 5 1",
  },
  {
    name: "enumerators are printed by name, what is calculated from them is not",
    before: `enum { ONE = 1, TWO = 2 }; enum other { THREE = 3 };`,
    script: `@k[ONE] = TWO; @t = (ONE, TWO); @n[ONE + 1] = TWO - 1; @m[ONE] = 1; @m[THREE] = 2; $f = THREE; print(@k); print(@t); print(@n); print($f); print(TCP_ESTABLISHED); printf("%d", @m[1]);`,
    want: "@k[ONE]: TWO\n@t: (ONE, TWO)\n@n[2]: 1\nTHREE\nTCP_ESTABLISHED\n1",
  },
  {
    name: "members by . and by ->, of pointers and of structs",
    script: `$s = curtask->tasks; printf("%d %d %d", curtask.pid == tid, curtask.real_parent.tgid == ppid, $s->next == curtask->tasks.next);`,
    want: "1 1 1",
  },
  {
    name: "sizes of tuples are those of C's structs",
    script: `$t = ((int8)1, (int64)1, (int8)1, (int64)1); printf("%d %d %d", sizeof($t), sizeof(((int8)1, (int16)1, (int32)1)), sizeof(((int32)1, (int16)1, (int8)1)));`,
    want: "32 8 8",
  },
  {
    name: "numbers as arrays, and back",
    script: `$a = (uint8[8])0x0807060504030201; $b = (uint16[2])0x00020001; @a = $a; $c = (uint8[])(uint32)258;
             printf("%d %d %d %d %d", $a[0], $a[7], $b[1], (uint64)$a == 0x0807060504030201, (@a)[2]); print($a); print(@a); print($c);`,
    want: "1 8 2 1 3[1,2,3,4,5,6,7,8]\n@a: [1,2,3,4,5,6,7,8]\n[2,1,0,0]",
  },
  {
    name: "an array by a computed index",
    script: `$a = (uint8[8])0x0807060504030201; $s = 0; for ($i : 0..8) { $s = $s * 10 + $a[$i]; } $j = (uint64)pid % 1 + 3; printf("%d %d", $s, $a[$j]);`,
    want: "12345678 4",
  },
  {
    name: "arrays compared and used as keys",
    script: `$a = (uint8[4])1; @k[$a] = 5; printf("%d %d %d", $a == (uint8[4])1, $a == (uint8[4])2, @k[(uint8[4])1]); print(@k);`,
    want: "1 0 5@k[[1,0,0,0]]: 5",
  },
  {
    name: "a struct assigned is a copy",
    script:
      `$list = curtask->thread_group; $s = *curtask->signal; printf("%d %d", sizeof($s) > 100, $s.nr_threads == curtask->signal->nr_threads && $s.nr_threads > 0);`.replace(
        "$list = curtask->thread_group; ",
        "",
      ),
    want: "1 1",
  },
  {
    name: "structs in maps and tuples, members of what was kept",
    script: `$l = curtask->tasks; @l = $l; @k[1] = $l; $t = (1, $l);
             printf("%d %d %d %d", $l.next == curtask->tasks.next, @l.next == $l.next, @k[1].prev == $l.prev, $t.1.next == $l.next);`,
    want: "1 1 1 1",
  },
  {
    name: "a struct printed",
    before: `struct pair { s16 low; s16 high : 12; u16 rest : 4; }; struct both { struct pair pair; u8 bytes[2]; char text[2]; };`,
    script: `$a = (uint8[8])0x00006968eff32301; $p = (struct both *)0; @a = $a; print(*$p);`,
    want: "{ .pair = { .low = 0, .high = 0, .rest = 0 }, .bytes = [0,0], .text =  }",
  },
  {
    name: "pointers: arithmetic, differences, comparison, truth",
    script: `$p = (uint32 *)0x1000; $q = $p + 3; $q++; $r = (struct list_head *)0x1000 + 2; printf("%x %x %x %d %d %d", $q, $q - 2, $r, $q > $p, $p == 0x1000, $p ? 1 : 0); print($p);`,
    want: "1010 1008 1020 1 1 10x1000",
  },
  {
    name: "addresses of members, and the struct around one",
    script: `$list = &curtask->tasks; $task = container_of($list, struct task_struct, tasks); $pid = &curtask->pid;
             printf("%d %d %d", $task == curtask, $task->pid == tid, *$pid == tid);`,
    want: "1 1 1",
  },
  {
    name: "offsets",
    script: `printf("%d %d", offsetof(struct list_head, prev), offsetof(struct task_struct, tasks) == (uint64)&curtask->tasks - (uint64)curtask);`,
    want: "8 1",
  },
  {
    name: "strings of their own size",
    script: `let $s: string[8] = "abc"; $long = "0123456789"; $s = $long; $t = (string[4])"abcdef"; printf("%s %s %d", $s, $t, sizeof($s));`,
    want: "01234567 abcd 8",
  },
  {
    name: "maps of declared kinds and sizes",
    before: `let @h = hash(2); let @l = lruhash(2); let @p = percpuhash(10); let @q = percpulruhash(10);`,
    script: `@h[1] = 1; @h[2] = 2; @l[1] = 1; @l[2] = 2; @p[1] = count(); @q[1] = sum(5); printf("%d %d", @h[1], @l[2]); print(@p); print(@q);`,
    want: "1 2@p[1]: 1\n@q[1]: 5",
  },
  {
    name: "signs: arithmetic wider than its operands, subtraction signed",
    script: `$a = (uint8)1; $b = (uint8)2; $c = (int8)100; printf("%d %d %d", $a - $b, $c + $c, (uint32)4000000000 + (uint32)4000000000);`,
    want: "-1 200 8000000000",
  },
]);
