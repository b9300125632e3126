import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionBuilder, type Condition } from "../ir/builder.ts";
import type { Func, Inst } from "../ir/ir.ts";
import { print } from "../ir/print.ts";
import { pointerTo, SCALAR } from "../ir/values.ts";
import { validate } from "../ir/validate.ts";
import { expand } from "./expand.ts";
import { PASSES } from "./index.ts";
import { runPasses } from "./run.ts";

interface Case {
  readonly name: string;
  /** Builds into a subprogram of three scalars; what it gives is returned. */
  readonly make: (b: FunctionBuilder, x: Inst, y: Inst, p: Inst) => Inst;
  /** The whole body after all passes, without the header and the parameters. */
  readonly want: readonly string[];
}

/** Two scalars and a pointer into a map's value. */
function subprogram(make: Case["make"]): Func {
  const b = new FunctionBuilder("f", "subprogram", [SCALAR, SCALAR, pointerTo("mapValue")]);
  const result = make(b, b.param(0), b.param(1), b.param(2));
  if (!b.terminated) b.return(result);
  return b.finish();
}

/** Values are renumbered in the order of appearance, so that a case does not depend on how many were made on the way. */
function body(func: Func): string[] {
  const names = new Map([
    ["v1", "x"],
    ["v2", "y"],
    ["v3", "p"],
    ["b0", "b0"],
  ]);
  const rename = (name: string): string => {
    let short = names.get(name);
    if (short === undefined) names.set(name, (short = `${name[0]}${names.size - 3}`));
    return short;
  };
  return print(func)
    .trimEnd()
    .split("\n")
    .slice(1)
    .filter((line) => !line.includes(" param ") && line !== "b0 entry:")
    .map((line) =>
      line
        .trim()
        .replace(/\b[vb]\d+\b/g, rename)
        .replace(/([a-z]):\d+/g, "$1"),
    );
}

const cases: readonly Case[] = [
  {
    name: "operations on constants are done",
    make: (b) => b.binary("mul", b.constant(6), b.binary("add", b.constant(3), b.constant(4))),
    want: ["return 42"],
  },
  {
    name: "32-bit results have no upper half",
    make: (b) => b.binary("sub", b.constant(0), b.constant(1), 32),
    want: ["return 0xffffffff"],
  },
  { name: "division by zero is zero", make: (b, x) => b.binary("udiv", x, b.constant(0)), want: ["return 0"] },
  { name: "modulo zero leaves the dividend", make: (b, x) => b.binary("umod", x, b.constant(0)), want: ["return x"] },
  {
    name: "a product by a power of two is a shift",
    make: (b, x) => b.binary("mul", b.constant(8), x),
    want: ["v1 = shl x, 3", "return v1"],
  },
  {
    name: "a quotient by a power of two is a shift",
    make: (b, x) => b.binary("udiv", x, b.constant(1024)),
    want: ["v1 = lshr x, 10", "return v1"],
  },
  {
    name: "a remainder by a power of two is a mask",
    make: (b, x) => b.binary("umod", x, b.constant(16)),
    want: ["v1 = and x, 15", "return v1"],
  },
  {
    name: "a quotient by another number stays",
    make: (b, x) => b.binary("udiv", x, b.constant(10)),
    want: ["v1 = udiv x, 10", "return v1"],
  },
  {
    name: "sums of constants meet",
    make: (b, x) => b.binary("sub", b.binary("add", x, b.constant(10)), b.constant(4)),
    want: ["v1 = add x, 6", "return v1"],
  },
  { name: "x - x is 0", make: (b, x) => b.binary("sub", x, x), want: ["return 0"] },
  {
    name: "neutral elements vanish",
    make: (b, x) => b.binary("or", b.binary("add", x, b.constant(0)), b.constant(0)),
    want: ["return x"],
  },
  {
    name: "but in 32 bits they clear the upper half",
    make: (b, x) => b.binary("add", x, b.constant(0), 32),
    want: ["v1 = zext32 x", "return v1"],
  },
  {
    name: "a comparison of a comparison is one",
    make: (b, x, y) => b.compare("eq", b.compare("slt", x, y), b.constant(0)),
    want: ["v1 = sge x, y", "return v1"],
  },
  {
    name: "constants go to the right of comparisons",
    make: (b, x) => b.compare("ult", b.constant(5), x),
    want: ["v1 = ugt x, 5", "return v1"],
  },
  {
    name: "a load is not extended again",
    make: (b, _x, _y, p) => b.binary("and", b.extend(b.load(p, 0, 2), 16, false), b.constant(0xffff)),
    want: ["v1 = load2 [p]", "return v1"],
  },
  {
    name: "nor sign-extended where its top bit is zero",
    make: (b, _x, _y, p) => b.extend(b.load(p, 0, 2), 32, true),
    want: ["v1 = load2 [p]", "return v1"],
  },
  {
    name: "a store looks at the low bits only",
    make: (b, x, _y, p) => {
      b.store(p, 0, 4, b.extend(x, 32, true));
      return b.constant(0);
    },
    want: ["store4 [p], x", "return 0"],
  },
  {
    name: "a byte that was masked stays masked where it matters",
    make: (b, x) => b.binary("and", x, b.constant(0xff)),
    want: ["v1 = and x, 255", "return v1"],
  },
  {
    name: "an offset added to a pointer goes into the access",
    make: (b, _x, _y, p) => b.load(b.binary("add", b.binary("add", p, b.constant(8)), b.constant(16)), 4, 4),
    want: ["v1 = load4 [p+28]", "return v1"],
  },
  {
    name: "but not into one whose offset the loader fills in",
    make: (b, _x, _y, p) =>
      b.load(b.binary("add", p, b.constant(8)), 4, 4, { core: { kind: 0, typeId: 1, access: "0:1" } }),
    want: ["v1 = add p, 8", "v2 = load4 [v1+4] core(0 1 0:1)", "return v2"],
  },
  {
    name: "an array map's value takes constant offsets",
    make: (b) => b.load(b.binary("add", b.mapValue("m", 16), b.constant(8)), 0, 8),
    want: ["v1 = load8 [&m[0]+24]", "return v1"],
  },
  {
    name: "helpers that answer alike are called once",
    make: (b) => b.binary("xor", b.binary("lshr", b.call(14, []), b.constant(32)), b.call(14, [])),
    want: ["v1 = call get_current_pid_tgid()", "v2 = lshr v1, 32", "v3 = xor v2, v1", "return v3"],
  },
  {
    name: "the clock is read each time it is asked",
    make: (b) => b.binary("sub", b.call(5, []), b.call(5, [])),
    want: ["v1 = call ktime_get_ns()", "v2 = call ktime_get_ns()", "v3 = sub v1, v2", "return v3"],
  },
  {
    name: "what nobody uses is not computed, nor asked of a helper",
    make: (b, x, y) => {
      b.binary("mul", x, y);
      b.call(5, []);
      b.call(14, []);
      return x;
    },
    want: ["return x"],
  },
  {
    name: "loads from map values are not shared across a store",
    make: (b, x, _y, p) => {
      const first = b.load(p, 0, 8);
      b.store(p, 0, 8, x);
      return b.binary("sub", first, b.load(p, 0, 8));
    },
    want: ["v1 = load8 [p]", "store8 [p], x", "v2 = load8 [p]", "v3 = sub v1, v2", "return v3"],
  },
  {
    name: "a slot that is filled whole by a helper is not cleared before",
    make: (b, x) => {
      const read = b.slot(16, "read");
      b.zero(read, 0, 16);
      b.call(113, [read, b.constant(16), x]);
      return b.load(read, 0, 8);
    },
    want: ["v1 = call probe_read_kernel(read, 16, x)", "v2 = load8 [read]", "return v2"],
  },
  {
    name: "but it is where the helper fills less",
    make: (b, x) => {
      const read = b.slot(16, "read");
      b.zero(read, 0, 16);
      b.call(113, [read, b.constant(8), x]);
      return b.load(read, 8, 8);
    },
    want: ["zero [read], 16", "v1 = call probe_read_kernel(read, 8, x)", "v2 = load8 [read+8]", "return v2"],
  },
  {
    name: "and where the helper may end early, as comm's does on some kernels",
    make: (b) => {
      const comm = b.slot(16, "comm");
      b.zero(comm, 0, 16);
      b.call(16, [comm, b.constant(16)]);
      return b.load(comm, 0, 8);
    },
    want: ["zero [comm], 16", "v1 = call get_current_comm(comm, 16)", "v2 = load8 [comm]", "return v2"],
  },
  {
    name: "what is left on the stack at the end is not written",
    make: (b, x) => {
      b.store(b.slot(8, "unused"), 0, 8, x);
      return x;
    },
    want: ["return x"],
  },
  {
    name: "a condition kept as 0 or 1 becomes branches",
    make: (b, x, y, p) => {
      const both = b.variable("both");
      b.when({ kind: "eq", a: x, b: b.constant(1) }, () => b.write(both, b.compare("eq", y, b.constant(2))));
      b.when({ kind: "ne", a: b.read(both), b: b.constant(0) }, () => b.store(p, 0, 4, b.constant(7)));
      return b.constant(0);
    },
    want: [
      "branch eq x, 1 ? b1 : b2",
      "b1 then: <- b0",
      "branch eq y, 2 ? b3 : b2",
      "b3 then: <- b1",
      "store4 [p], 7",
      "jump b2",
      "b2 join: <- b1, b3, b0",
      "return 0",
    ],
  },
  {
    name: "a branch on a constant is taken now",
    make: (b, x, y) => {
      const z = b.variable("z");
      b.when(
        { kind: "ult", a: b.constant(1), b: b.constant(2) },
        () => b.write(z, x),
        () => b.write(z, y),
      );
      return b.read(z);
    },
    want: ["return x"],
  },
  {
    name: "a constant is found round a loop that only ever writes the same",
    make: (b, x) => {
      const [same, turn] = [b.variable("same"), b.variable("turn")];
      b.write(same, b.constant(3));
      b.write(turn, b.constant(0));
      loop(
        b,
        () => ({ kind: "ult", a: b.read(turn), b: x }),
        () => {
          b.write(same, b.binary("sub", b.constant(6), b.read(same)));
          b.write(turn, b.binary("add", b.read(turn), b.constant(1)));
        },
      );
      return b.read(same);
    },
    want: [
      "jump b1",
      "b1 head: <- b0, b2",
      "v3 = phi 0, v4",
      "branch ult v3, x ? b2 : b5",
      "b2 body: <- b1",
      "v4 = add v3, 1",
      "jump b1",
      "b5 after: <- b1",
      "return 3",
    ],
  },
  {
    name: "what does not change in a loop is computed before it",
    make: (b, x, y, p) => {
      const turn = b.variable("turn");
      b.write(turn, b.constant(0));
      loop(
        b,
        () => ({ kind: "ult", a: b.read(turn), b: x }),
        () => {
          b.atomicAdd(p, 0, 8, b.binary("mul", x, y));
          b.write(turn, b.binary("add", b.read(turn), b.constant(1)));
        },
      );
      return b.constant(0);
    },
    want: [
      "v1 = mul x, y",
      "jump b2",
      "b2 head: <- b0, b3",
      "v4 = phi 0, v5",
      "branch ult v4, x ? b3 : b6",
      "b3 body: <- b2",
      "atomic_add8 [p], v1",
      "v5 = add v4, 1",
      "jump b2",
      "b6 after: <- b2",
      "return 0",
    ],
  },
  {
    name: "a quotient of 32 bits by a constant is a product",
    make: (b, x) => b.binary("udiv", b.extend(x, 32, false), b.constant(10)),
    want: ["v1 = zext32 x", "v2 = mul v1, 0xcccccccd", "v3 = lshr v2, 35", "return v3"],
  },
  {
    name: "what was stored to the stack is not loaded again",
    make: (b, x) => {
      const slot = b.slot(8, "s");
      b.store(slot, 0, 8, x);
      return b.load(slot, 0, 4);
    },
    want: ["v1 = zext32 x", "return v1"],
  },
  {
    name: "what is overwritten on every way before anybody looks is not written",
    make: (b, x, y) => {
      const slot = b.slot(8, "s");
      b.store(slot, 0, 8, b.constant(7));
      b.when(
        { kind: "eq", a: x, b: b.constant(0) },
        () => b.store(slot, 0, 8, x),
        () => b.store(slot, 0, 8, y),
      );
      b.call(6, [slot, b.constant(8)]);
      return b.constant(0);
    },
    want: [
      "branch eq x, 0 ? b1 : b2",
      "b1 then: <- b0",
      "store8 [s], x",
      "jump b3",
      "b2 else: <- b0",
      "store8 [s], y",
      "jump b3",
      "b3 join: <- b1, b2",
      "v4 = call trace_printk(s, 8)",
      "return 0",
    ],
  },
  {
    name: "but it is where one way leaves it",
    make: (b, x, y) => {
      const slot = b.slot(8, "s");
      b.store(slot, 0, 8, b.constant(7));
      b.when({ kind: "eq", a: x, b: b.constant(0) }, () => b.store(slot, 0, 4, y));
      b.call(6, [slot, b.constant(8)]);
      return b.constant(0);
    },
    want: [
      "store8 [s], 7",
      "branch eq x, 0 ? b1 : b2",
      "b1 then: <- b0",
      "store4 [s], y",
      "jump b2",
      "b2 join: <- b0, b1",
      "v3 = call trace_printk(s, 8)",
      "return 0",
    ],
  },
  {
    name: "equal keys are one, and what was found is not looked up again",
    make: (b, x) => {
      const total = b.variable("total");
      b.write(total, b.constant(0));
      const read = (): Inst => lookUp(b, "m", x);
      b.ifNonNull(read(), "mapValue", (first) => {
        b.ifNonNull(read(), "mapValue", (second) =>
          b.write(total, b.binary("add", b.load(first, 0, 8), b.load(second, 8, 8))),
        );
        b.call(3, [b.map("m"), keyOf(b, x)]);
      });
      return b.read(total);
    },
    want: [
      "store8 [x_key], x",
      "v1 = call map_lookup_elem(&m, x_key)",
      "branch ne v1, 0 ? b2 : b3 likely",
      "b2 then: <- b0",
      "v4 = refine v1",
      "v5 = refine v1",
      "v6 = load8 [v4]",
      "v7 = load8 [v5+8]",
      "v8 = add v6, v7",
      "v9 = call map_delete_elem(&m, x_key)",
      "jump b3",
      "b3 join: <- b0, b2",
      "v10 = phi 0, v8",
      "return v10",
    ],
  },
  {
    name: "it is looked up again once the map was changed, and by another key",
    make: (b, x, y) => {
      const first = lookUp(b, "m", x);
      b.call(3, [b.map("m"), keyOf(b, y)]);
      const second = lookUp(b, "m", x);
      const third = lookUp(b, "m", y);
      const both = b.binary("or", b.compare("ne", first, b.constant(0)), b.compare("ne", second, b.constant(0)));
      return b.binary("or", both, b.compare("ne", third, b.constant(0)));
    },
    want: [
      "store8 [y_key], y",
      "store8 [x_key], x",
      "v1 = call map_lookup_elem(&m, x_key)",
      "v2 = call map_delete_elem(&m, y_key)",
      "v3 = call map_lookup_elem(&m, x_key)",
      "v4 = call map_lookup_elem(&m, y_key)",
      "v5 = ne v1, 0",
      "v6 = ne v3, 0",
      "v7 = or v5, v6",
      "v8 = ne v4, 0",
      "v9 = or v7, v8",
      "return v9",
    ],
  },
  {
    name: "a condition that an earlier branch decided is not tested again",
    make: (b, x, y, p) => {
      b.when({ kind: "ult", a: x, b: y }, () => {
        b.store(p, 0, 8, x);
        b.when({ kind: "uge", a: x, b: y }, () => b.store(p, 8, 8, y));
      });
      return b.constant(0);
    },
    want: ["branch ult x, y ? b1 : b2", "b1 then: <- b0", "store8 [p], x", "jump b2", "b2 join: <- b0, b1", "return 0"],
  },
  {
    name: "a field and the padding behind it are one store",
    make: (b, x, y) => {
      const key = b.slot(16, "key");
      b.store(key, 0, 2, b.extend(x, 16, false));
      b.store(key, 2, 2, b.constant(0));
      b.store(key, 4, 4, b.constant(0));
      b.store(key, 8, 4, y);
      b.store(key, 12, 4, b.constant(1));
      b.call(6, [key, b.constant(16)]);
      return b.constant(0);
    },
    want: [
      "v1 = zext16 x",
      "store8 [key], v1",
      "store4 [key+8], y",
      "store4 [key+12], 1",
      "v2 = call trace_printk(key, 16)",
      "return 0",
    ],
  },
  {
    name: "who runs is asked where it is wanted",
    make: (b, x, _y, p) => {
      const pid = b.binary("lshr", b.call(14, []), b.constant(32));
      b.when({ kind: "eq", a: x, b: b.constant(1) }, () => b.store(p, 0, 8, pid));
      return b.constant(0);
    },
    want: [
      "branch eq x, 1 ? b1 : b2",
      "b1 then: <- b0",
      "v3 = call get_current_pid_tgid()",
      "v4 = lshr v3, 32",
      "store8 [p], v4",
      "jump b2",
      "b2 join: <- b0, b1",
      "return 0",
    ],
  },
  {
    name: "but where one number is all that is wanted on the usual way, it waits itself",
    make: (b, x) => {
      const pid = b.call(14, []);
      b.ifNonNull(lookUp(b, "m", x), "mapValue", (entry) => b.store(entry, 0, 8, pid));
      return b.constant(0);
    },
    want: [
      "store8 [x_key], x",
      "v1 = call get_current_pid_tgid()",
      "v2 = call map_lookup_elem(&m, x_key)",
      "branch ne v2, 0 ? b3 : b4 likely",
      "b3 then: <- b0",
      "v5 = refine v2",
      "store8 [v5], v1",
      "jump b4",
      "b4 join: <- b0, b3",
      "return 0",
    ],
  },
  {
    name: "but not in a loop that it is asked before",
    make: (b, x, _y, p) => {
      const pid = b.call(14, []);
      const turn = b.variable("turn");
      b.write(turn, b.constant(0));
      loop(
        b,
        () => ({ kind: "ult", a: b.read(turn), b: x }),
        () => {
          b.atomicAdd(p, 0, 8, pid);
          b.write(turn, b.binary("add", b.read(turn), b.constant(1)));
        },
      );
      return b.constant(0);
    },
    want: [
      "v1 = call get_current_pid_tgid()",
      "jump b2",
      "b2 head: <- b0, b3",
      "v4 = phi 0, v5",
      "branch ult v4, x ? b3 : b6",
      "b3 body: <- b2",
      "atomic_add8 [p], v1",
      "v5 = add v4, 1",
      "jump b2",
      "b6 after: <- b2",
      "return 0",
    ],
  },
  {
    name: "a value that goes to the stack does not wait in a register",
    make: (b, x) => {
      const now = b.call(5, []);
      const later = b.call(5, []);
      const slot = b.slot(16, "times");
      b.store(slot, 0, 8, now);
      b.store(slot, 8, 8, later);
      b.call(6, [slot, b.constant(16), x]);
      return b.constant(0);
    },
    want: [
      "v1 = call ktime_get_ns()",
      "store8 [times], v1",
      "v2 = call ktime_get_ns()",
      "store8 [times+8], v2",
      "v3 = call trace_printk(times, 16, x)",
      "return 0",
    ],
  },
];

/** `while (condition) body`. */
function loop(b: FunctionBuilder, condition: () => Condition, build: () => void): void {
  const [head, body, after] = [b.block("head"), b.block("body"), b.block("after")];
  b.jump(head);
  b.enter(head);
  b.branch(condition(), body, after);
  b.seal(body);
  b.enter(body);
  build();
  b.jump(head);
  b.seal(head);
  b.seal(after);
  b.enter(after);
}

function keyOf(b: FunctionBuilder, value: Inst): Inst {
  const key = b.slot(8, value === b.param(0) ? "x_key" : "y_key");
  b.store(key, 0, 8, value);
  return key;
}

function lookUp(b: FunctionBuilder, map: string, key: Inst): Inst {
  return b.call(1, [b.map(map), keyOf(b, key)]);
}

for (const { name, make, want } of cases) {
  test(name, () => {
    const func = subprogram(make);
    runPasses(func, PASSES, { after: (changed, pass) => validate(changed, pass.name) });
    assert.deepEqual(body(func), want);
  });
}

test("every pass is shown by a case", () => {
  const shown = new Set<string>();
  for (const { make } of cases) runPasses(subprogram(make), PASSES, { after: (_, pass) => void shown.add(pass.name) });
  assert.deepEqual(
    PASSES.map(({ name }) => name).filter((name) => !shown.has(name)),
    // By close.test.ts.
    ["close"],
  );
});

const expansions: readonly Case[] = [
  {
    name: "memory is cleared by the widest stores",
    make: (b, _x, _y, p) => {
      b.zero(p, 4, 15);
      return b.constant(0);
    },
    want: ["store4 [p+4], 0", "store8 [p+8], 0", "store2 [p+16], 0", "store1 [p+18], 0", "return 0"],
  },
  {
    name: "memory is copied as widely as both sides are aligned",
    make: (b, _x, _y, p) => {
      b.copy(p, 0, b.slot(16, "s"), 4, 9, 4);
      return b.constant(0);
    },
    want: [
      "v1 = load4 [s+4]",
      "store4 [p], v1",
      "v2 = load4 [s+8]",
      "store4 [p+4], v2",
      "v3 = load1 [s+12]",
      "store1 [p+8], v3",
      "return 0",
    ],
  },
];

for (const { name, make, want } of expansions) {
  test(name, () => {
    const func = subprogram(make);
    expand(func);
    validate(func);
    assert.deepEqual(body(func), want);
  });
}
