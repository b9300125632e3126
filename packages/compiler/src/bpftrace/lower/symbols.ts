/** Addresses of symbols that lie elsewhere in each process or for each CPU. */
import type { Inst } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import { registers } from "../../lowering/registers.ts";
import type { Call } from "../ast.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { notLowered, refuse } from "./messages.ts";
import { literalText } from "./text.ts";

const WORD = 8;

/** The symbol's address plus the distance to a CPU's copy, which the kernel keeps in an array. */
export function percpuAddress(h: Handler, e: Call): Inst {
  const { builder } = h;
  const { facts } = h.object.target;
  const name = e.args[0] === undefined ? undefined : literalText(h, e.args[0]);
  const symbol = name === undefined ? undefined : facts?.kernelSymbol(name);
  const offsets = facts?.kernelSymbol("__per_cpu_offset");
  if (facts === undefined || symbol === undefined || offsets === undefined)
    return refuse(notLowered, e.span, "percpu_kaddr() without the kernel's symbols is");
  const given = e.args[1];
  const cpu = given === undefined ? builder.call(Helper.processorId, []) : scalar(h, given);
  const result = builder.variable("percpu");
  builder.write(result, h.constant(0));
  h.when({ kind: "ult", a: cpu, b: h.constant(facts.cpus()) }, () => {
    const at = builder.binary("add", h.constant(offsets), builder.binary("mul", cpu, h.constant(WORD)));
    builder.call(Helper.probeReadKernel, [h.word(), h.constant(WORD), at]);
    builder.write(result, builder.binary("add", builder.load(h.word(), 0, WORD), h.constant(symbol)));
  });
  return builder.read(result);
}

/**
 * The file says where a symbol is relative to another; where the other one is in this process shows in
 * the instruction pointer, which is at the probe. So it does not matter where the file was mapped.
 */
export function userAddress(h: Handler, e: Call): Inst {
  const { builder } = h;
  const { facts, arch } = h.object.target;
  const [target] = h.variant.attach;
  const name = e.args[0] === undefined ? undefined : literalText(h, e.args[0]);
  const path = target?.kind === "uprobe" || target?.kind === "usdt" ? target.path : "";
  const wanted = name === undefined ? undefined : facts?.userSymbol(path, name);
  const probed =
    target?.kind === "uprobe" && target.symbol !== undefined && !target.onReturn
      ? facts?.userSymbol(path, target.symbol)
      : undefined;
  if (wanted === undefined) return refuse(notLowered, e.span, "uaddr() without the file's symbols is");
  if (probed === undefined) return h.constant(wanted.address);
  const at = probed.address + BigInt(target?.kind === "uprobe" ? (target.offset ?? 0) : 0);
  const ip = builder.load(h.context(), registers(arch).ip, 8);
  return builder.binary("add", ip, h.constant(wanted.address - at));
}
