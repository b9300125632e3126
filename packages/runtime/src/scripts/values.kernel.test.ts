import assert from "node:assert/strict";
import { kernelTest } from "@sonde/kernel/testing";
import { runScript } from "./run-script.ts";

const WRITES = "dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none";

/** What BEGIN computes is known: the script, and all that it prints. */
const COMPUTED: readonly { readonly name: string; readonly script: string; readonly want: string }[] = [
  {
    name: "C's arithmetic on signed integers",
    script: `printf("%d %d %d %d", -7 / 2, -7 % 3, -8 >> 1, 7 - 9);`,
    want: "-3 -1 -4 -2",
  },
  {
    name: "unsigned division",
    script: `$x = (uint64)18446744073709551615; printf("%u %d", $x / 2, $x > 5);`,
    want: "9223372036854775807 1",
  },
  {
    name: "casts cut and extend",
    script: `printf("%d %d %d", (int8)300, (uint8)300, (int16)70000);`,
    want: "44 44 4464",
  },
  {
    name: "a percent sign, alone and beside conversions",
    script: `printf("100%%|%d%%|%%%s", 5, "x");`,
    want: "100%|5%|%x",
  },
  {
    name: "bits of what a place holds",
    script: `$x = (uint8)5; $y = (uint16)5; @z = (uint32)5; printf("%d %d %d", ~$x, ~$y, ~@z);`,
    want: "250 65530 4294967290",
  },
  {
    name: "complements have the width of what they are of, a literal the greatest",
    script: `$x = (int64)1; printf("%llu %d %d", ~0, ~$x, 255 & ~15);`,
    want: "18446744073709551615 -2 240",
  },
  {
    name: "short circuit",
    script: `@n = 0; if (pid == 0 && @n++ == 0) { } if (pid != 0 || @n++ == 0) { } printf("%d", @n);`,
    want: "0",
  },
  {
    name: "ternaries",
    script: `printf("%d %s %d", pid > 0 ? 1 : 2, pid > 0 ? "yes" : "no", 0 ?: 5);`,
    want: "1 yes 5",
  },
  {
    name: "loops, break and continue",
    script: `$i = 0; $s = 0; while ($i < 9) { $i++; if ($i == 2) { continue; } if ($i == 5) { break; } $s += $i; } printf("%d %d", $i, $s);`,
    want: "5 8",
  },
  {
    name: "ranges and unrolling",
    script: `$s = 0; for ($j : 2..5) { $s += $j; } unroll(3) { $s *= 2; } printf("%d", $s);`,
    want: "72",
  },
  {
    name: "keyed values and what is absent",
    script: `@k[1, "a"] = 5; @k[1, "a"] += 2; printf("%d %d %d", @k[1, "a"], @k[2, "a"], has_key(@k, (1, "a")));`,
    want: "7 0 1",
  },
  {
    name: "deletion",
    script: `@k[1] = 5; delete(@k[1]); @s = 3; delete(@s); printf("%d %d", @k[1], @s);`,
    want: "0 0",
  },
  {
    name: "increments and their values",
    script: `@k[1] = 5; $a = @k[1]++; $b = ++@k[1]; $c = 1; $d = $c--; printf("%d %d %d %d %d", $a, $b, @k[1], $c, $d);`,
    want: "5 7 7 0 1",
  },
  {
    name: "strings compared",
    script: `$s = "abc"; printf("%d %d %d %d", $s == "abc", $s == "abcd", $s != "ab", strncmp($s, "abx", 2));`,
    want: "1 0 1 0",
  },
  {
    name: "strings kept in maps",
    script: `@s = "hello"; @k["x"] = "world"; $t = @k["x"]; printf("%s %s %d", @s, $t, @k["y"] == "");`,
    want: "hello world 1",
  },
  {
    name: "long strings",
    script: `$a = "0123456789012345678901234567890123456789012345678901234567890123456789"; @m[$a] = 1; printf("%s %d", $a, @m[$a]);`,
    want: "0123456789012345678901234567890123456789012345678901234567890123456789 1",
  },
  {
    name: "tuples",
    script: `$t = (1, "two", 3); @t[$t] = 4; printf("%d %s %d %d", $t.0, $t.1, $t.2, @t[$t]);`,
    want: "1 two 3 4",
  },
  {
    name: "the kernel's own view of this task",
    script: `printf("%d %d %d", curtask->tgid == pid, curtask->pid == tid, curtask->real_parent->tgid == ppid);`,
    want: "1 1 1",
  },
  {
    name: "comm by helper, by struct and by pointer",
    script: `printf("%d %d", comm == curtask->comm, str(curtask->comm) == comm);`,
    want: "1 1",
  },
  {
    name: "time goes on",
    script: `$a = nsecs; $b = nsecs; $e = elapsed; printf("%d %d", $b >= $a, $e > 0 && $e < 60000000000);`,
    want: "1 1",
  },
];

for (const { name, script, want } of COMPUTED) {
  kernelTest(name, async () => {
    const { output } = await runScript(
      `config = { print_maps_on_exit = 0 } BEGIN { ${script} exit(); printf("not reached"); }`,
    );
    assert.equal(output.trimEnd(), want);
  });
}

kernelTest("after exit() only end probes are heard", async () => {
  const { output } = await runScript(
    `interval:ms:1 { @n++; printf("%d ", @n); if (@n == 3) { exit(); } } interval:us:100 { if (@n >= 3) { printf("late "); } }
     BEGIN { @zeroed = 5; zero(@zeroed); } END { clear(@n); printf("end\\n"); }`,
  );
  assert.match(output, /^1 2 3 end\n+@zeroed: 0\n$/);
});

kernelTest("a known number of writes, counted in every way", async () => {
  const { output } = await runScript(
    `tracepoint:syscalls:sys_enter_write /comm == "dd" && args.count == 1/ {
       @count = count(); @bycomm[comm] = count(); @n++; @k[args.fd] += 2; @sum = sum(args.count); @sums[comm, args.fd] = sum(args.fd + 1);
       @min[comm] = min(@n); @max = max(args.fd); @avg[comm] = avg(args.count + 2); @stats = stats(4); @last = args.count; @name = comm;
       @hist = hist(args.count * 5); @hists[comm] = hist(args.count, 2); @lhist = lhist(args.count, 0, 10, 2);
     }`,
    WRITES,
  );
  const bar = "@".repeat(52);
  const want = `
@avg[dd]: 3
@bycomm[dd]: 20000
@count: 20000
@hist:
[4, 8)             20000 |${bar}|

@hists[dd]:
[1]                20000 |${bar}|

@k[1]: 40000
@last: 1
@lhist:
[0, 2)             20000 |${bar}|

@max: 1
@min[dd]: 1
@n: 20000
@name: dd
@stats: { .count = 20000, .average = 4, .total = 80000 }
@sum: 20000
@sums[dd, 1]: 40000
`;
  assert.equal(output.replaceAll(/ +$/gm, "").trim(), want.trim());
});

kernelTest("time series of every kind, on the wall clock", async () => {
  const { output } = await runScript(
    `interval:ms:100 { @n++; $v = (int64)@n * 10 - 50; @last = tseries(@n, 100ms, 8); @avg = tseries($v, 1h, 2, "avg");
       @sum[comm == ""] = tseries($v, 1h, 2, "sum"); @min = tseries($v, 1h, 2, "min"); @max = tseries((uint8)@n, 1h, 2, "max");
       if (@n == 10) { exit(); } }`,
  );
  const values = (name: string): readonly string[] => {
    const [, rows = ""] = new RegExp(`^@${name}:\n((?:.+\n)*)`, "m").exec(output) ?? [];
    return [...rows.matchAll(/^([\d:]+)[\d.]* [|*. ]{53} (\S+)$/gm)].map(([, , value = ""]) => value);
  };
  const last = values("last").filter((value) => value !== "-");
  assert.ok(last.length >= 4 && last.length <= 8 && last.at(-1) === "10", output);
  // All turns are in one hour, or at most in two.
  const total = (name: string): number => values(name).reduce((sum, value) => sum + Number(value), 0);
  assert.equal(total("sum\\[false\\]"), 50, output);
  if (values("avg").length === 1)
    assert.deepEqual([values("avg"), values("min"), values("max")], [["5"], ["-40"], ["10"]]);
  const hour = String(new Date().getHours()).padStart(2, "0");
  assert.match(output, new RegExp(`^${hour}:00:00\\.0+ `, "m"));
});

kernelTest("events carry comm, numbers and strings; none is lost in a quiet moment", async () => {
  const { output, outcome } = await runScript(
    `tracepoint:syscalls:sys_enter_openat /str(args.filename) == "/etc/hostname"/ { printf("%s opens %s %d\\n", comm, str(args.filename), pid == tid); }`,
    "dd if=/etc/hostname of=/dev/null status=none",
  );
  assert.equal(output.trim(), "dd opens /etc/hostname 1");
  assert.equal(outcome.lostEvents, 0);
});

kernelTest("a map that is full says so and keeps what it has", async () => {
  const { output, diagnostics } = await runScript(
    `config = { max_map_keys = 3 } BEGIN { $i = 0; while ($i < 10) { @[$i] = count(); $i++; } exit(); }`,
  );
  assert.equal(output.match(/^@\[\d\]: 1$/gm)?.length, 3);
  assert.match(diagnostics, /7/);
});

kernelTest(
  "every way to probe a function sees the same calls",
  { needs: ["kprobe", "kretprobe", "fentry", "fexit"] },
  async () => {
    const { output } = await runScript(
      `kprobe:vfs_read /comm == "dd"/ { @k = count(); @kb = sum(arg2); }
     kretprobe:vfs_read /comm == "dd"/ { @kr = sum(retval); }
     fentry:vfs_read /comm == "dd"/ { @f = count(); @fb = sum(args.count); }
     fexit:vfs_read /comm == "dd"/ { @fr = sum(retval); @n[args.file->f_path.dentry->d_name.len] = count(); }`,
      WRITES,
    );
    const value = (name: string): number => Number(new RegExp(`^@${name}: (\\d+)$`, "m").exec(output)?.[1]);
    assert.ok(value("k") >= 20000, output);
    assert.equal(value("f"), value("k"));
    assert.equal(value("fb"), value("kb"));
    assert.equal(value("fr"), value("kr"));
    // "/dev/zero" is read 20000 times.
    assert.match(output, /^@n\[4\]: 20000$/m);
  },
);
