/**
 * Kernel functions: kprobe, kretprobe, fentry, fexit. Where the kernel refuses one way to attach to
 * a function, the other is used.
 */
import type { AttachTarget } from "@sonde/bpf/spec";
import { parseNumber } from "../../lexer/number.ts";
import { badProbeInfo as missingPrototype } from "../../messages/names.ts";
import * as messages from "../../messages/probes.ts";
import type { Expanded, Expansion } from "./draft.ts";
import { int, UINT64 } from "../../values.ts";
import { matches } from "./missing.ts";
import { prototypeOf, signatureOf } from "./prototypes.ts";

type FunctionProvider = "kprobe" | "kretprobe" | "fentry" | "fexit";
type Way = "kprobe" | "fentry";

export function expandFunction(expansion: Expansion, provider: FunctionProvider): readonly Expanded[] {
  const { parts, point, diagnostics } = expansion;
  const written = parts.at(-1) ?? "";
  const module = parts.length === 2 ? parts[0] : undefined;
  if (parts[0] === "bpf" && parts.length > 1 && (provider === "fentry" || provider === "fexit"))
    return expandProgram(expansion, provider);
  if (written === "" || module === "" || parts.length > 2 || module === "bpf") {
    diagnostics.report(
      messages.pointForm,
      point.span,
      point.text,
      `${provider}:FUNCTION or ${provider}:MODULE:FUNCTION`,
    );
    return [];
  }
  const isProbe = provider === "kprobe" || provider === "kretprobe";
  if (/^\d/.test(written)) return expandAddress(expansion, provider, written);
  const [name = "", offsetText] = isProbe ? written.split("+", 2) : [written];
  const offset = offsetText === undefined ? undefined : parseNumber(offsetText)?.value;
  if (offsetText !== undefined && offset === undefined) {
    diagnostics.report(messages.badOffset, point.span, offsetText);
    return [];
  }
  const way = chooseWay(expansion, provider, offset !== undefined && offset !== 0n);
  if (way === undefined) return [];
  const pattern = module === undefined ? name : `${module}:${name}`;
  const around = module === undefined ? "*" : `${module}:*`;
  const found = matches(expansion, way, pattern, "kernel function", around);
  if (found.length > 0) remark(expansion, provider, way, found);
  if (way === "kprobe" && module === undefined && offset === undefined && found.length > 1 && canShare(expansion))
    return [expandTogether(expansion, provider, name, found.length)];
  return found.map((match) => expandMatch(expansion, provider, way, match, offset));
}

/** fentry:bpf:[ID:]NAME: functions of BPF programs that are loaded. */
function expandProgram(expansion: Expansion, provider: "fentry" | "fexit"): readonly Expanded[] {
  const { parts, point, probe, uses, target, diagnostics } = expansion;
  if (parts.length > 3 || parts.includes("")) {
    diagnostics.report(messages.pointForm, point.span, point.text, `${provider}:bpf:[ID:]NAME`);
    return [];
  }
  if (!target.features.fentry) {
    diagnostics.report(messages.noFunctionProbes, point.span, point.text);
    return [];
  }
  const found = matches(expansion, "fentry", parts.join(":"), "function of a BPF program", "bpf:*");
  return found.map((match): Expanded => {
    const [, id = "", name = ""] = match.split(":");
    const title = `${provider}:${match}`;
    const count = target.facts?.bpfParameters?.(Number(id), name) ?? 1;
    const params = Array.from({ length: count }, (_, index) => ({ name: `arg${index}`, type: UINT64 }));
    return {
      probe,
      provider,
      programType: "tracing",
      attach: [{ kind: "fentry", function: name, program: Number(id), onReturn: provider === "fexit" }],
      title,
      user: false,
      arguments: { kind: "array", params, result: int(4, true) },
      signature: `${count} ${uses.title ? title : ""}`,
    };
  });
}

/** kprobe:0xffffffff81234567: nothing vouches for what is there. */
function expandAddress(expansion: Expansion, provider: FunctionProvider, written: string): readonly Expanded[] {
  const { point, probe, uses, diagnostics, options, target } = expansion;
  const address = parseNumber(written)?.value;
  if (provider !== "kprobe" || address === undefined) {
    diagnostics.report(messages.pointForm, point.span, point.text, `${provider}:FUNCTION`);
    return [];
  }
  if (options.unsafe !== true) diagnostics.report(messages.unsafeAddress, point.span, point.text);
  else if (!target.features.kprobe) diagnostics.report(messages.noFunctionProbes, point.span, point.text);
  return [
    {
      probe,
      provider,
      programType: "kprobe",
      attach: [{ kind: "kprobe", symbol: "", address, onReturn: false }],
      title: point.text,
      user: false,
      arguments: { kind: "registers", params: [], result: undefined },
      signature: uses.title ? point.text : "",
    },
  ];
}

/** Whether one program, by one link, serves all functions: no handler tells them apart. */
function canShare({ target, uses }: Expansion): boolean {
  return !uses.title && !uses.args && target.features.kprobeMulti === true;
}

function expandTogether(expansion: Expansion, provider: FunctionProvider, pattern: string, count: number): Expanded {
  const { probe, point } = expansion;
  expansion.remarks.push(`${point.text} is attached to ${count} functions by one link`);
  return {
    probe,
    provider,
    programType: "kprobe",
    attach: [{ kind: "kprobeMulti", pattern, on: isReturn(provider) ? "return" : "entry" }],
    title: point.text,
    user: false,
    arguments: { kind: "registers", params: [], result: undefined },
    signature: point.text,
  };
}

/** The way that the provider asks for if the kernel has it, else the other; undefined, after a report, if neither will do. */
function chooseWay(expansion: Expansion, provider: FunctionProvider, offset: boolean): Way | undefined {
  const {
    target: { features },
    point,
    uses,
    diagnostics,
  } = expansion;
  if (provider === "kprobe" || provider === "kretprobe") {
    if (features.kprobe) return "kprobe";
    if (!features.fentry) diagnostics.report(messages.noFunctionProbes, point.span, point.text);
    else if (offset) diagnostics.report(messages.noOffsetProbes, point.span, point.text);
    else return "fentry";
    return undefined;
  }
  if (features.fentry) return "fentry";
  if (!features.kprobe) diagnostics.report(messages.noFunctionProbes, point.span, point.text);
  else if (provider === "fexit" && (uses.args || uses.argN))
    diagnostics.report(messages.exitArguments, point.span, point.text);
  else return "kprobe";
  return undefined;
}

function remark(expansion: Expansion, provider: FunctionProvider, way: Way, found: readonly string[]): void {
  const onReturn = isReturn(provider);
  const used = way === "kprobe" ? (onReturn ? "kretprobe" : "kprobe") : onReturn ? "fexit" : "fentry";
  if (used === provider) return;
  const what = found.length === 1 ? `${used}:${found[0]}` : `${used} on ${found.length} functions`;
  expansion.remarks.push(`${expansion.point.text} is attached as ${what}: this kernel refuses ${provider}`);
}

function isReturn(provider: FunctionProvider): boolean {
  return provider === "kretprobe" || provider === "fexit";
}

function expandMatch(
  expansion: Expansion,
  provider: FunctionProvider,
  way: Way,
  match: string,
  offset: bigint | undefined,
): Expanded {
  const { probe, uses, target } = expansion;
  const colon = match.indexOf(":");
  const name = match.slice(colon + 1);
  const module = colon < 0 ? {} : { module: match.slice(0, colon) };
  const onReturn = isReturn(provider);
  // A module's functions are not in the kernel's own BTF.
  const known = colon < 0 || match.startsWith("vmlinux:");
  const needed = uses.args || uses.retval || (way === "fentry" && uses.argN);
  const prototype =
    known && needed && offset === undefined ? prototypeOf(target.btf, name, way === "fentry") : undefined;
  if (way === "fentry" && onReturn && uses.retval && prototype === undefined) {
    // The result lies behind the arguments, so their number must be known.
    expansion.diagnostics.report(missingPrototype, expansion.point.span, match);
  }
  const { params, result } = prototype ?? { params: [], result: undefined };
  const attach: AttachTarget =
    way === "kprobe"
      ? {
          kind: "kprobe",
          symbol: name,
          ...module,
          ...(offset === undefined ? {} : { offset: Number(offset) }),
          onReturn,
        }
      : { kind: "fentry", function: name, ...module, onReturn };
  const title = `${provider}:${match}${offset === undefined ? "" : `+${offset}`}`;
  const types =
    uses.args || (uses.retval && (way === "fentry" || provider === "fexit")) ? signatureOf(prototype, uses) : "";
  return {
    probe,
    provider,
    programType: way === "kprobe" ? "kprobe" : "tracing",
    attach: [attach],
    title,
    user: false,
    arguments: { kind: way === "kprobe" ? "registers" : "array", params, result },
    signature: `${types}${uses.title ? title : ""}`,
  };
}
