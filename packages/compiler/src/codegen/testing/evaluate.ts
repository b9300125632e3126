/** Evaluates a function of the intermediate form, straight from its definition: what generated code is compared with. */
import type { Block, Func, Inst } from "../../ir/ir.ts";
import { compute, holds, swapBytes } from "./arithmetic.ts";
import { Calls, Memory } from "./memory.ts";

/** Runs with the given arguments (or context address). Throws after a million steps. */
export function evaluate(func: Func, args: readonly bigint[], calls: Calls = new Calls()): bigint {
  const values = new Map<Inst, bigint>();
  const memory = new Memory();
  const value = (inst: Inst): bigint => {
    switch (inst.op) {
      case "const":
        return inst.value;
      case "coreValue":
        return BigInt(inst.fallback);
      case "refine":
        return value(inst.a);
      case "slot": {
        let address = values.get(inst);
        if (address === undefined) values.set(inst, (address = memory.allocate(inst.bytes)));
        return address;
      }
      default: {
        const known = values.get(inst);
        if (known === undefined) throw new Error(`v${inst.id} (${inst.op}) is used before it is made`);
        return known;
      }
    }
  };
  const run = (inst: Inst): bigint | undefined => {
    switch (inst.op) {
      case "context":
        return args[0];
      case "param":
        return args[inst.index];
      case "binary":
        return compute(inst.kind, inst.width, value(inst.a), value(inst.b));
      case "extend":
        return BigInt.asUintN(
          64,
          inst.signed ? BigInt.asIntN(inst.bits, value(inst.a)) : BigInt.asUintN(inst.bits, value(inst.a)),
        );
      case "byteSwap":
        return swapBytes(value(inst.a), inst.bits);
      case "compare":
        return holds(inst.kind, inst.width, value(inst.a), value(inst.b)) ? 1n : 0n;
      case "load": {
        const loaded = memory.load(value(inst.base) + BigInt(inst.offset), inst.size);
        return inst.signed ? BigInt.asUintN(64, BigInt.asIntN(inst.size * 8, loaded)) : loaded;
      }
      case "store":
        memory.store(value(inst.base) + BigInt(inst.offset), inst.size, value(inst.value));
        return;
      case "atomicAdd": {
        const address = value(inst.base) + BigInt(inst.offset);
        memory.store(address, inst.size, memory.load(address, inst.size) + value(inst.value));
        return;
      }
      case "zero":
        for (let index = 0; index < inst.bytes; index++)
          memory.store(value(inst.base) + BigInt(inst.offset + index), 1, 0n);
        return;
      case "copy":
        for (let index = 0; index < inst.bytes; index++) {
          memory.store(
            value(inst.to) + BigInt(inst.toOffset + index),
            1,
            memory.load(value(inst.from) + BigInt(inst.fromOffset + index), 1),
          );
        }
        return;
      case "call":
        return calls.call(inst.helper, inst.args.map(value));
      case "refine":
        return value(inst);
      default:
        throw new Error(`${inst.op} is not evaluated`);
    }
  };
  let block: Block = func.entry;
  let from: Block | undefined;
  for (let steps = 0; steps < 1_000_000; steps++) {
    const index = from === undefined ? -1 : block.predecessors.indexOf(from);
    const phis = block.insts.flatMap((inst) =>
      inst.op === "phi" ? [[inst, value(inst.inputs[index]!)] as const] : [],
    );
    for (const [phi, input] of phis) values.set(phi, input);
    for (const inst of block.insts) {
      if (inst.op === "phi") continue;
      const result = run(inst);
      if (result !== undefined) values.set(inst, result);
    }
    const end = block.terminator!;
    if (end.op === "return") return value(end.value);
    from = block;
    block =
      end.op === "jump"
        ? end.target
        : holds(end.kind, end.width, value(end.a), value(end.b))
          ? end.then
          : end.otherwise;
  }
  throw new Error(`${func.name} does not end`);
}
