import { type Btf, declaration } from "@sonde/bpf/btf";
import { type Dwarf, DwarfError, DwarfTypes, signatureOf } from "@sonde/bpf/dwarf";
import type { ProbeProvider, Target } from "@sonde/bpf/spec";
import { runningTarget } from "@sonde/kernel/target";
import type { ParsedArguments } from "../command.ts";
import { print, say } from "../output/say.ts";

/** Searched when a pattern names no provider; uprobes need a file to look into. */
const SEARCHED: readonly ProbeProvider[] = ["tracepoint", "rawtracepoint", "kprobe", "fentry"];
const ALIASES: Readonly<Record<string, ProbeProvider>> = {
  t: "tracepoint",
  tracepoint: "tracepoint",
  rt: "rawtracepoint",
  rawtracepoint: "rawtracepoint",
  k: "kprobe",
  kprobe: "kprobe",
  kr: "kprobe",
  kretprobe: "kprobe",
  f: "fentry",
  fentry: "fentry",
  fr: "fentry",
  fexit: "fentry",
  kfunc: "fentry",
  u: "uprobe",
  uprobe: "uprobe",
  ur: "uprobe",
  uretprobe: "uprobe",
};

interface Listed {
  readonly probe: string;
  /** C declarations, asked for with -v. */
  readonly args?: readonly string[];
}

/** `sonde list`: exit status 1 when nothing matches. */
export async function run(args: ParsedArguments): Promise<number> {
  const target = runningTarget();
  const patterns = args.words.length === 0 ? ["*"] : args.words;
  const found: Listed[] = [];
  for (const pattern of patterns) {
    for (const [provider, name] of matches(target, pattern)) {
      const probe = `${provider}:${name}`;
      found.push(args.flag("verbose") ? { probe, args: probeArguments(target, provider, name) } : { probe });
    }
  }
  if (args.value("format") === "json") print(`${JSON.stringify({ probes: found })}\n`);
  else print(found.map((f) => `${f.probe}\n${(f.args ?? []).map((a) => `    ${a}\n`).join("")}`).join(""));
  for (const remark of cannotAttach(target, found)) say(`${remark}\n`);
  if (found.length > 0) return 0;
  say(`sonde list: no probe matches ${patterns.join(" ")}\n`);
  return 1;
}

/** Functions are known by their types and names whether or not the kernel lets anything be attached to them. */
function* cannotAttach({ features }: Target, found: readonly Listed[]): Iterable<string> {
  for (const provider of ["kprobe", "fentry"] as const) {
    if (found.some(({ probe }) => probe.startsWith(`${provider}:`)) && !features[provider]) {
      yield `sonde list: this kernel can't attach ${provider} probes; 'sonde features' says why`;
    }
  }
}

function* matches(target: Target, pattern: string): Iterable<readonly [ProbeProvider, string]> {
  const colon = pattern.indexOf(":");
  const provider = colon < 0 ? undefined : ALIASES[pattern.slice(0, colon)];
  if (provider !== undefined) {
    for (const name of target.probes(provider, pattern.slice(colon + 1))) yield [provider, name];
    return;
  }
  for (const each of SEARCHED) {
    // A tracepoint's name has its category before a colon; a pattern without one means either part.
    const own = each === "tracepoint" && colon < 0 ? `*:${pattern}` : pattern;
    for (const name of target.probes(each, own)) yield [each, name];
  }
}

function probeArguments(target: Target, provider: ProbeProvider, name: string): string[] {
  if (provider === "tracepoint") {
    const [category, event] = name.split(":", 2) as [string, string];
    const fields = target.tracepoint(category, event)?.fields ?? [];
    return fields.filter((field) => !field.name.startsWith("common_")).map((field) => declare(field.type, field.name));
  }
  if (provider === "uprobe") return userArguments(target, name);
  if (target.btf === undefined) return [];
  return provider === "rawtracepoint" ? rawTracepointArguments(target.btf, name) : functionArguments(target.btf, name);
}

/** By the program's debugging information, where it has some. */
function userArguments(target: Target, name: string): string[] {
  const [path = "", symbol = ""] = name.split(":", 2);
  const place = target.facts?.userSymbol(path, symbol);
  const dwarf = target.facts?.debugInfo(path)?.dwarf;
  if (place === undefined || dwarf === undefined) return [];
  try {
    return signatureLines(dwarf, Number(place.address), target.arch, symbol.includes("."));
  } catch (error) {
    if (!(error instanceof DwarfError)) throw error;
    say(`sonde list: ${path}: ${error.message}\n`);
    return [];
  }
}

function signatureLines(dwarf: Dwarf, address: number, arch: Target["arch"], ownConvention: boolean): string[] {
  const func = dwarf.functionAt(address);
  if (func === undefined) return [];
  const { parameters, result } = signatureOf(func, arch, address, ownConvention);
  const types = new DwarfTypes(1);
  const lines = parameters.map((parameter) => declaration(types, types.idOf(parameter.type), parameter.name));
  if (result !== undefined) lines.push(declaration(types, types.idOf(result), "retval"));
  return lines;
}

function functionArguments(btf: Btf, name: string): string[] {
  const id = btf.find(name.slice(name.indexOf(":") + 1), "func")[0];
  if (id === undefined) return [];
  const func = btf.type(id);
  return func.kind === "func" ? prototypeArguments(btf, func.type, true) : [];
}

/** The kernel describes a raw tracepoint's arguments by `typedef void (*btf_trace_NAME)(void *, ...)`. */
function rawTracepointArguments(btf: Btf, name: string): string[] {
  const id = btf.find(`btf_trace_${name}`, "typedef")[0];
  const typedef = id === undefined ? undefined : btf.type(id);
  const pointer = typedef?.kind === "typedef" ? btf.type(typedef.type) : undefined;
  return pointer?.kind === "ptr" ? prototypeArguments(btf, pointer.type, false).slice(1) : [];
}

function prototypeArguments(btf: Btf, id: number, withResult: boolean): string[] {
  const prototype = btf.type(id);
  if (prototype.kind !== "funcProto") return [];
  const lines = prototype.params.map((param, i) =>
    param.name === "" && param.type === 0
      ? "..."
      : declaration(btf, param.type, param.name === "" ? `arg${i}` : param.name),
  );
  if (withResult && prototype.result !== 0) lines.push(declaration(btf, prototype.result, "retval"));
  return lines;
}

/** A field of a format file as C declares it: the brackets of an array follow the name. */
function declare(type: string, name: string): string {
  const array = /^(.*?)\s*(\[.*\])$/.exec(type);
  if (array !== null) return `${array[1]!} ${name}${array[2]!}`;
  return type.endsWith("*") ? `${type}${name}` : `${type} ${name}`;
}
