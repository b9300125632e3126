import { assemble } from "@sonde/bpf/asm";
import type { MapSpec, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";

/**
 * An object of programs on BTF tracepoints.
 * @param programs by the tracepoint: its code, which finds the arguments by r1 and may jump to `out` to end
 */
export function tracepointObject(
  name: string,
  maps: readonly MapSpec[],
  programs: Readonly<Record<string, string>>,
): ObjectSpec {
  return {
    name,
    license: "GPL",
    btf: new Uint8Array(0),
    maps,
    programs: Object.entries(programs).map(([tracepoint, code]) => program(tracepoint, code)),
    manifest: { maps: [], events: [], config: { printMapsOnExit: false, stackMode: "bpftrace" } },
  };
}

function program(name: string, code: string): ProgramSpec {
  return {
    name,
    type: "tracing",
    title: `tp_btf:${name}`,
    functions: new Map(),
    attach: [{ kind: "btfTracepoint", name }],
    instructions: assemble(`
      ${name}:
        ${code}
      out:
        r0 = 0
        exit`),
  };
}
