import assert from "node:assert/strict";
import { test } from "node:test";
import {
  check,
  parse,
  typeText,
  type CheckedProgram,
  type CheckOptions,
  type Expr,
  type ProbeVariant,
} from "../index.ts";
import { fixtureTarget } from "../testing/target.ts";
import type { Target } from "@sonde/bpf/spec";

const fixture: Target = fixtureTarget();

function checked(source: string, target: Target = fixtureTarget(), options: CheckOptions = {}): CheckedProgram {
  const { script, diagnostics } = parse(source);
  assert.deepEqual(diagnostics, []);
  const result = check(script, target, options);
  assert.deepEqual(
    result.diagnostics.map(({ message }) => message),
    [],
  );
  assert.ok(result.program !== undefined);
  return result.program;
}

/** "name[keys]: value", one for each map. */
function maps(source: string, options?: CheckOptions): readonly string[] {
  return [...checked(source, fixtureTarget(), options).maps.values()].map(({ name, keys, value }) => {
    const held = value.kind === "scalar" ? typeText(value.type) : JSON.stringify(value.aggregate).replaceAll('"', "");
    return `${name}[${keys.map(typeText).join(", ")}]: ${held}`;
  });
}

/** The type of `@x`'s value in its first assignment, as the expression has it. */
function typeOf(expression: string, probe = "BEGIN", target?: Target, options?: CheckOptions): string {
  const program = checked(`${probe} { print(${expression}); }`, target, options);
  const [variant] = program.variants;
  const [statement] = variant?.probe.body.body ?? [];
  const value: Expr | undefined =
    statement?.kind === "exprStmt" && statement.expr.kind === "call" ? statement.expr.args[0] : undefined;
  const type = value === undefined ? undefined : variant?.types.get(value);
  assert.ok(type !== undefined);
  return typeText(type);
}

function describe(variant: ProbeVariant): string {
  const attach = variant.attach.map((target) => {
    switch (target.kind) {
      case "tracepoint":
        return `${target.category}:${target.name}`;
      case "kprobe":
        return `${target.onReturn ? "kretprobe" : "kprobe"}:${target.symbol}${target.offset === undefined ? "" : `+${target.offset}`}`;
      case "fentry":
        return `${target.onReturn ? "fexit" : "fentry"}:${target.function}`;
      case "perfEvent":
        return `${typeof target.event === "string" ? target.event : JSON.stringify(target.event)}/${target.period ?? `${target.frequency}hz`}/${target.cpus}`;
      case "uprobe":
        return `${target.onReturn ? "uretprobe" : "uprobe"}:${target.path}:${target.symbol ?? target.offset}${target.pid === undefined ? "" : `@${target.pid}`}`;
      case "run":
        return target.when;
      case "rawTracepoint":
      case "btfTracepoint":
        return `${target.kind}:${target.name}`;
      default:
        return target.kind;
    }
  });
  return `${variant.programType} ${attach.join(" ")}`;
}

function variants(source: string, target?: Target, options?: CheckOptions): readonly string[] {
  return checked(source, target, options).variants.map(describe);
}

const types: readonly (readonly [expression: string, type: string, probe?: string])[] = [
  ["1", "int8"],
  ["128", "int16"],
  ["100000", "int32"],
  ["5000000000", "int64"],
  ["18446744073709551615", "uint64"],
  ["-1", "int8"],
  ["1 + 1", "int64"],
  ["pid + 1", "uint64"],
  ["nsecs - 1", "int64"],
  ["nsecs / 1000", "uint64"],
  ["1 == 2", "bool"],
  ["!pid", "bool"],
  ["(uint8)1", "uint8"],
  ["(int32)pid", "int32"],
  ["(size_t)1", "uint64"],
  ["(unsigned long)1", "uint64"],
  ["(u32)1", "uint32"],
  ["comm", "string[16]"],
  ['"abc"', "string[4]"],
  ['"€"', "string[4]"],
  ["pid ? 1 : 300", "int16"],
  ["curtask->pid", "int32"],
  ["curtask->comm", "string[16]"],
  ["curtask->cred->uid.val", "uint32"],
  ["curtask->utime", "uint64"],
  ["curtask->prios[2]", "int32"],
  ["curtask->real_parent->tgid", "int32"],
  ["curtask->frozen", "bool"],
  ["curtask->in_execve", "uint32"],
  ["(*curtask).pid", "int32"],
  ["((struct file *)0)->f_pos", "int64"],
  ["sizeof(struct task_struct)", "uint64"],
  ["TCP_CLOSE", "enum"],
  ["(enum pid_type)1", "enum pid_type"],
  ["args.prev_comm", "string[16]", "tracepoint:sched:sched_switch"],
  ["args.next_pid", "int32", "tracepoint:sched:sched_switch"],
  ["args->prev_state", "int64", "tracepoint:sched:sched_switch"],
  ["args.filename", "string[1024]", "tracepoint:sched:sched_process_exec"],
  ["str(args.filename)", "string[1024]", "tracepoint:sched:sched_process_exec"],
  ["args.filename", "int8 *", "tracepoint:syscalls:sys_enter_openat"],
  ["str(args.filename, 64)", "string[64]", "tracepoint:syscalls:sys_enter_openat"],
  ["args.args[1]", "uint64", "tracepoint:raw_syscalls:sys_enter"],
  ["arg0", "int64", "kprobe:vfs_read"],
  ["retval", "uint64", "kretprobe:vfs_read"],
  ["retval", "int64", "fexit:vfs_read"],
  ["args.file->f_pos", "int64", "fentry:vfs_read"],
  ["args.count", "uint64", "fentry:vfs_read"],
  ["args.next->comm", "string[16]", "rawtracepoint:sched_switch"],
  ["probe", "string[16]", "kprobe:vfs_read"],
  ["kstack(perf, 3)", "kstack"],
  ["func", "string[9]", "kprobe:vfs_read"],
  ["probetype", "string[7]", "kprobe:vfs_read"],
  ["str($1)", "string[4]"],
  ["$2", "int8"],
  ["$1", "string[4]"],
  ["$3", "int8"],
  ["$#", "int8"],
  ['reg("ip")', "uint64", "kprobe:vfs_read"],
];

for (const [expression, want, probe] of types) {
  test(`type of ${expression}${probe === undefined ? "" : ` in ${probe}`} is ${want}`, () => {
    assert.equal(typeOf(expression, probe, undefined, { params: ["abc", "42"] }), want);
  });
}

const mapCases: readonly (readonly [source: string, want: readonly string[]])[] = [
  ["BEGIN { @ = count(); }", ["@[]: {kind:count}"]],
  ["BEGIN { @[comm, pid] = sum(pid); @[comm, 1] = sum(-1); }", ["@[string[16], uint64]: {kind:sum,signed:true}"]],
  [
    "BEGIN { @x = hist(nsecs, 2); @y = lhist(pid, 0, 100, 10); }",
    ["@x[]: {kind:hist,bits:2}", "@y[]: {kind:lhist,min:0,max:100,step:10}"],
  ],
  // A literal takes the sign of what else is stored; a small unsigned integer fits a signed one.
  ["BEGIN { @x = 0; @x = nsecs; }", ["@x[]: uint64"]],
  ["BEGIN { @x = nsecs; @x = 0; }", ["@x[]: uint64"]],
  ["BEGIN { @x = pid; @x = -1; }", ["@x[]: int64"]],
  ["BEGIN { @x++; }", ["@x[]: int64"]],
  ["BEGIN { @x += nsecs; }", ["@x[]: uint64"]],
  ['BEGIN { @x = "a"; @x = comm; @y["abcdef"] = 1; @y["a"]++; }', ["@x[]: string[16]", "@y[string[7]]: int64"]],
  // Types flow against the order of the text.
  ["BEGIN { print(@late[1]); } END { @late[1] = nsecs; }", ["@late[int64]: uint64"]],
  ["BEGIN { @a = @b; @b = @c; } END { @c = comm; }", ["@a[]: string[16]", "@b[]: string[16]", "@c[]: string[16]"]],
  ["BEGIN { @x[kstack, ustack(3)] = count(); }", ["@x[kstack, ustack]: {kind:count}"]],
  ["BEGIN { @x = (pid, comm); $y = @x.1; @z[$y] = 1; }", ["@x[]: (uint32, string[16])", "@z[string[16]]: int64"]],
  ["BEGIN { @x[1] = 1; for ($kv : @x) { @y[$kv.0] = $kv.1; } }", ["@x[int64]: int64", "@y[int64]: int64"]],
  [
    "BEGIN { @x[1] = 1; delete(@x, 1); delete(@x[1]); if (has_key(@x, 1)) { clear(@x); zero(@x); } print(@x, 5, 2); print(len(@x)); }",
    ["@x[int64]: int64"],
  ],
  ["BEGIN { @x = curtask; @x = 0; }", ["@x[]: struct task_struct *"]],
];

for (const [source, want] of mapCases) test(`maps of ${source}`, () => assert.deepEqual(maps(source), want));

const variantCases: readonly { readonly source: string; readonly want: readonly string[]; readonly target?: Target }[] =
  [
    { source: "BEGIN { } END { }", want: ["raw_tracepoint begin", "raw_tracepoint end"] },
    { source: "interval:s:1, interval:5ms { }", want: ["perf_event cpu-clock/1000000000/one cpu-clock/5000000/one"] },
    {
      source: "profile:hz:99 { } profile:49hz { } profile:us:100 { }",
      want: ["perf_event cpu-clock/99hz/all", "perf_event cpu-clock/49hz/all", "perf_event cpu-clock/100000/all"],
    },
    {
      source: "software:faults:10 { } s:cpu { }",
      want: ["perf_event page-faults/10/all", "perf_event cpu-clock/1000000/all"],
    },
    // Without args all share one program; with them those whose used fields lie alike.
    {
      source: "tracepoint:syscalls:* { @ = count(); }",
      want: [
        "tracepoint syscalls:sys_enter_openat syscalls:sys_enter_read syscalls:sys_enter_write syscalls:sys_exit_openat syscalls:sys_exit_read",
      ],
    },
    {
      source: "tracepoint:syscalls:sys_enter_read,tracepoint:syscalls:sys_enter_write { @[args.count] = count(); }",
      want: ["tracepoint syscalls:sys_enter_read syscalls:sys_enter_write"],
    },
    {
      source: "tracepoint:syscalls:sys_enter_read,tracepoint:syscalls:sys_enter_write { @[args.buf] = count(); }",
      want: ["tracepoint syscalls:sys_enter_read", "tracepoint syscalls:sys_enter_write"],
    },
    {
      source: "kprobe:vfs_* { @[probe] = count(); }",
      want: ["kprobe kprobe:vfs_open", "kprobe kprobe:vfs_read", "kprobe kprobe:vfs_write"],
    },
    {
      source: "kprobe:vfs_read, kprobe:vfs_open { @[func] = count(); }",
      want: ["kprobe kprobe:vfs_read", "kprobe kprobe:vfs_open"],
    },
    {
      source: "kprobe:vfs_read, kprobe:vfs_open { @[probetype] = count(); }",
      want: ["kprobe kprobe:vfs_read kprobe:vfs_open"],
    },
    {
      source: "kprobe:vfs_*, kprobe:tcp_set_state+4 { @ = count(); }",
      want: ["kprobe kprobe:vfs_open kprobe:vfs_read kprobe:vfs_write kprobe:tcp_set_state+4"],
    },
    {
      source: "fentry:vfs_read, fentry:vfs_write { @ = sum(args.count); }",
      want: ["tracing fentry:vfs_read fentry:vfs_write"],
    },
    {
      source: "fentry:vfs_open, fentry:vfs_write { @[args.file] = count(); }",
      want: ["tracing fentry:vfs_open", "tracing fentry:vfs_write"],
    },
    {
      source: "fexit:vfs_read, fexit:vfs_open { @ = sum(retval); }",
      want: ["tracing fexit:vfs_read", "tracing fexit:vfs_open"],
    },
    { source: "rawtracepoint:sched_switch { @ = count(); }", want: ["raw_tracepoint rawTracepoint:sched_switch"] },
    {
      source: "rawtracepoint:sched_switch { @[args.next->pid] = count(); }",
      want: ["tracing btfTracepoint:sched_switch"],
    },
    {
      source: "uprobe:/bin/bash:readline, uretprobe:/bin/bash:main { }",
      want: ["kprobe uprobe:/bin/bash:readline@7", "kprobe uretprobe:/bin/bash:main@7"],
    },
    {
      source: "kprobe:vfs_read { @ = sum(arg2); } kretprobe:vfs_read { @r = sum(retval); }",
      target: fixtureTarget({ kprobe: false }),
      want: ["tracing fentry:vfs_read", "tracing fexit:vfs_read"],
    },
    {
      source: "fentry:vfs_read { @ = sum(args.count); } fexit:vfs_read { @r = sum(retval); }",
      target: fixtureTarget({ fentry: false }),
      want: ["kprobe kprobe:vfs_read", "kprobe kretprobe:vfs_read"],
    },
  ];

for (const { source, want, target } of variantCases) {
  test(`attachments of ${source}${target === undefined ? "" : " where the kernel refuses the asked for"}`, () => {
    assert.deepEqual(variants(source, target, { pid: 7 }), want);
  });
}

test("another way to attach is remarked on", () => {
  assert.deepEqual(checked("fentry:vfs_read { } kprobe:tcp_set_state { }", fixtureTarget({ fentry: false })).remarks, [
    "fentry:vfs_read is attached as kprobe:vfs_read: this kernel refuses fentry",
  ]);
});

test("features of functions are not asked for by scripts without them", () => {
  const target = fixtureTarget();
  const features = new Proxy(target.features, { get: (_, name) => assert.fail(`asked for ${String(name)}`) });
  checked("BEGIN { @ = count(); } tracepoint:sched:sched_switch { }", { ...target, features });
});

test("pointers of syscalls are user space's, those behind typed arguments can be loaded directly", () => {
  const spaceOf = (probe: string, expression: string): string => {
    const program = checked(`${probe} { print(${expression}); }`);
    const [variant] = program.variants;
    const type = [...(variant?.types ?? [])].find(([expr]) => expr.kind === "member" || expr.kind === "cast")?.[1];
    const places = [...(variant?.types.values() ?? [])].flatMap((each) =>
      each.kind === "pointer" ? [`${each.space}${each.trusted ? " trusted" : ""}`] : [],
    );
    return type === undefined ? "none" : places.join(", ");
  };
  assert.equal(spaceOf("tracepoint:syscalls:sys_enter_openat", "args.filename"), "user");
  assert.equal(spaceOf("fentry:vfs_read", "args.file"), "kernel trusted");
  assert.equal(spaceOf("fentry:vfs_read", "args.buf"), "user");
  assert.equal(spaceOf("kprobe:vfs_read", "(struct file *)arg0"), "kernel");
  assert.equal(spaceOf("uprobe:/bin/bash:main", "(char *)arg0"), "user");
});

test("constants are worked out", () => {
  const program = checked(
    '#define LIMIT 0x10\n#define NAME "x"\nBEGIN { print(LIMIT); print(NAME); print(TCP_CLOSE); print(PIDTYPE_TGID); print(sizeof(struct file)); print(offsetof(struct task_struct, cred)); print($1); print(str($2)); }',
    fixtureTarget(),
    { params: ["-3", "17"] },
  );
  assert.deepEqual([...(program.variants[0]?.constants.values() ?? [])].map(String), [
    "16",
    "x",
    "7",
    "1",
    "40",
    "40",
    "-3",
    "17",
    "17",
  ]);
});

test("a number from the command line is text where it meets text", () => {
  const program = checked("BEGIN { if (comm == $1) { exit(); } }", fixtureTarget(), { params: ["42"] });
  assert.deepEqual([...(program.variants[0]?.constants.values() ?? [])], ["42"]);
});

test("a literal takes the sign of what it meets", () => {
  const program = checked("BEGIN { if (nsecs > 5) { exit(); } }");
  const [literal] = [...(program.variants[0]?.types ?? [])]
    .filter(([expr]) => expr.kind === "int")
    .map(([, type]) => typeText(type));
  assert.equal(literal, "uint64");
});

test("settings come from the script and, before it, from outside", () => {
  const source =
    "config = { BPFTRACE_MAX_MAP_KEYS = 10; stack_mode = raw; print_maps_on_exit = false } let @d = lruhash(7); BEGIN { @x[1] = 1; @d[1] = kstack; }";
  const program = checked(source, fixtureTarget(), { config: { max_map_keys: "20" } });
  assert.deepEqual(
    [program.config.maxMapKeys, program.config.stackMode, program.config.printMapsOnExit],
    [20, "raw", false],
  );
  assert.deepEqual(
    [...program.maps.values()].map(({ maxEntries, declaredType }) => [maxEntries, declaredType]),
    [
      [20, undefined],
      [7, "lruhash"],
    ],
  );
});

test("maps given whole to functions are told from reads", () => {
  const program = checked("BEGIN { @x[1] = 1; print(@x); clear(@x); print(@x[1]); }");
  assert.equal(program.mapArguments.size, 2);
});

test("variables of sibling blocks are different variables", () => {
  const program = checked("BEGIN { if (pid) { $x = 1; @a = $x; } else { $x = comm; @b = $x; } }");
  assert.deepEqual(
    [...program.maps.values()].map(({ value }) => (value.kind === "scalar" ? typeText(value.type) : "")),
    ["int64", "string[16]"],
  );
});

test("what the kernel's types are needed for is said where there are none", () => {
  const { script } = parse("BEGIN { $x = (struct task_struct *)1; }");
  const result = check(script, { ...fixtureTarget(), btf: undefined });
  assert.deepEqual(
    result.diagnostics.map(({ code }) => code),
    ["SND1305"],
  );
});

/** Every expression below a node, but for those that are names of modes or whole maps. */
function* expressions(node: unknown): Iterable<Expr> {
  if (Array.isArray(node)) {
    for (const item of node) yield* expressions(item);
  } else if (typeof node === "object" && node !== null) {
    if ("kind" in node && EXPRESSIONS.has(String(node.kind))) yield node as Expr;
    for (const value of Object.values(node)) yield* expressions(value);
  }
}

const EXPRESSIONS: ReadonlySet<string> = new Set([
  "int",
  "string",
  "bool",
  "identifier",
  "builtin",
  "positional",
  "variable",
  "map",
  "call",
  "unary",
  "update",
  "binary",
  "ternary",
  "member",
  "index",
  "cast",
  "sizeof",
  "offsetof",
  "tuple",
]);

test("random handlers never make the checker throw, and those that pass have a type for every expression", () => {
  const atoms = [
    "1",
    "-7",
    "pid",
    "comm",
    '"x"',
    "nsecs",
    "$v",
    "@m",
    "@k[1]",
    "args.filename",
    "curtask",
    "curtask->comm",
    "arg0",
    "retval",
    "true",
    "$1",
    "TCP_CLOSE",
    "kstack",
    "(1, comm)",
    "sizeof(struct file)",
  ];
  const operators = ["+", "-", "*", "/", "%", "&", "|", "<<", "==", "!=", "<", "&&", "||"];
  const calls = [
    "count()",
    "print",
    "str",
    "hist",
    "sum",
    "delete",
    "clear",
    "exit",
    "ksym",
    "len",
    "has_key",
    "strncmp",
    "printf",
  ];
  const probes = [
    "BEGIN",
    "kprobe:vfs_*",
    "kretprobe:vfs_read",
    "fentry:vfs_read",
    "tracepoint:syscalls:*",
    "tracepoint:sched:sched_process_exec",
    "profile:hz:99",
  ];
  let seed = 3;
  const random = (below: number): number => (
    (seed = (seed * 1103515245 + 12345) % 2147483648),
    Math.floor(seed / 65536) % below
  );
  const pick = (list: readonly string[]): string => list[random(list.length)] ?? "";
  const expression = (depth: number): string => {
    switch (depth === 0 ? 0 : random(8)) {
      case 1:
        return `(${expression(depth - 1)} ${pick(operators)} ${expression(depth - 1)})`;
      case 2:
        return `${pick(["!", "-", "~", "*"])}${expression(depth - 1)}`;
      case 3:
        return `(${expression(depth - 1)} ? ${expression(depth - 1)} : ${expression(depth - 1)})`;
      case 4:
        return `(${pick(["uint64", "int8", "struct file *", "string[8]"])})${expression(depth - 1)}`;
      case 5:
        return `${pick(calls.slice(1))}(${expression(depth - 1)}${random(2) === 0 ? "" : `, ${expression(depth - 1)}`})`;
      case 6:
        return `${expression(depth - 1)}${pick(["->f_pos", ".0", "[1]", "->pid"])}`;
      default:
        return pick(atoms);
    }
  };
  let passed = 0;
  for (let round = 0; round < 3000; round++) {
    const statements = Array.from(
      { length: random(3) + 1 },
      () =>
        `${pick(["$v = ", "@m = ", "@k[1] = ", "@m += ", ""])}${random(5) === 0 ? pick(calls) : expression(random(4))};`,
    );
    const source = `${pick(probes)} { ${statements.join(" ")} }`;
    const { script, diagnostics } = parse(source);
    if (diagnostics.length > 0) continue;
    const { program } = check(script, fixture, { params: ["5"] });
    if (program === undefined) continue;
    passed++;
    for (const variant of program.variants) {
      for (const expr of expressions(variant.probe.body))
        assert.ok(variant.types.get(expr) !== undefined, `${source}: ${expr.kind} at ${expr.span.start}`);
      assert.ok(
        ![...variant.types.values()].some(
          (type) => type.kind === "tuple" && type.items.some(({ kind }) => kind === "none"),
        ),
        source,
      );
    }
  }
  assert.ok(passed > 300, `${passed} of the scripts were right`);
});
