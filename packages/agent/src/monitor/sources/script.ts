/** Scripts of the tracing language with a header: compiled here, by the agent itself. */
import type { Target } from "@sonde/bpf/spec";
import { compileScript } from "@sonde/compiler";
import { render } from "@sonde/compiler/diagnostics";
import { readHeader } from "../header.ts";
import { type CompiledMonitor, type MonitorSource, MonitorSourceError, type SourceFile } from "../source.ts";
import { monitorView } from "../view.ts";

/** Scripts larger than this are no monitors. */
const MAX_SOURCE = 1024 * 1024;

export const scriptSource: MonitorSource = {
  suffix: ".bt",
  summary: (file) => monitorView(file.name, readHeader(file.name, textOf(file))),
  compile(name, file, target) {
    const text = textOf(file);
    const definition = readHeader(file.name, text);
    return compile(name, { name: file.name, text }, definition, target);
  },
};

function compile(
  name: string,
  text: { readonly name: string; readonly text: string },
  definition: ReturnType<typeof readHeader>,
  target: Target,
): CompiledMonitor {
  const { spec, diagnostics, source } = compileScript(text, target, { name, histogramTotals: true });
  if (spec === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    throw new MonitorSourceError(errors.map((diagnostic) => render(diagnostic, source)).join(""));
  }
  const view = monitorView(name, definition);
  return { spec: { ...spec, manifest: { ...spec.manifest, monitor: view } }, view };
}

function textOf({ name, bytes }: SourceFile): string {
  if (bytes.length > MAX_SOURCE) throw new MonitorSourceError(`${name} is larger than ${MAX_SOURCE} bytes`);
  return new TextDecoder().decode(bytes);
}
