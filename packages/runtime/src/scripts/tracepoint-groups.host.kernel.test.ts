/** Many tracepoints of system calls at once become one program: it counts what the classic events count. Makes its calls with perl. */
import assert from "node:assert/strict";
import { kernelTest } from "@sonde/kernel/testing";
import { compile, runScript, testTarget } from "./run-script.ts";

for (const side of ["enter", "exit"]) {
  kernelTest(`many system calls in one program on sys_${side} are those of the classic events`, async () => {
    const probe = (map: string): string =>
      `tracepoint:syscalls:sys_${side}_g* /comm == "sonde-calls"/ { @${map} = count(); }`;
    const first = probe("raw");
    const classicTracepoint = ({ span }: { readonly span: { readonly start: number } }): boolean =>
      span.start >= first.length;
    const script = `${first} ${probe("classic")}`;
    const types = compile(script, { classicTracepoint }).programs.map(({ type }) => type);
    const calls = "for (1 .. 3000) { getppid; getpgrp; getpriority(0, 0) }";
    const { output } = await runScript(script, `perl -e '$0 = "sonde-calls"; ${calls}'`, { classicTracepoint });
    const [raw, classic] = ["raw", "classic"].map((map) => Number(new RegExp(`@${map}: (\\d+)`).exec(output)?.[1]));
    assert.ok(classic !== undefined && classic >= 9000, output);
    assert.equal(raw, classic);
    // Before 5.11 programs can't see which ABI a task uses.
    const together = testTarget().features.taskBtf === true && process.arch === "x64";
    assert.equal(types[0], together ? (side === "enter" ? "raw_tracepoint" : "tracing") : "tracepoint");
  });
}
