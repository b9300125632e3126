import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionBuilder } from "../ir/builder.ts";
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
];

for (const { name, make, want } of cases) {
  test(name, () => {
    const func = subprogram(make);
    runPasses(func, PASSES, { after: (changed, pass) => validate(changed, pass.name) });
    assert.deepEqual(body(func), want);
  });
}

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
