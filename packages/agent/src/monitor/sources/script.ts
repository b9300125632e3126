/** Scripts of the tracing language with a header: compiled here, by the agent itself. */
import type { ParamView, Target } from "@sonde/bpf/spec";
import { type CheckedProgram, compileScript, placedOptions } from "@sonde/compiler";
import { render } from "@sonde/compiler/diagnostics";
import type { Definition } from "../definition.ts";
import { readHeader } from "../header.ts";
import { type CompiledMonitor, type MonitorSource, MonitorSourceError, type SourceFile } from "../source.ts";
import { monitorView } from "../view.ts";
import { seriesLimits } from "./series-limits.ts";
import { checkExemplars, withStreams } from "./script-streams.ts";

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
  definition: Definition,
  target: Target,
): CompiledMonitor {
  const described = monitorView(name, definition);
  const options = { name, histogramTotals: true, liveOptions: true, mapLimits: seriesLimits(described) };
  const { spec, diagnostics, checked, source } = compileScript(text, target, options);
  if (spec === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    throw new MonitorSourceError(errors.map((diagnostic) => render(diagnostic, source)).join(""));
  }
  const { spec: streamed, streams } = withStreams(text.name, spec, definition.streams);
  checkExemplars(text.name, described, streams);
  const view = { ...described, streams, params: params(text.name, definition.params, checked?.options ?? []) };
  return { spec: { ...streamed, manifest: { ...streamed.manifest, monitor: view } }, view };
}

/** The script's options, with what the header says of them. */
function params(
  file: string,
  described: Definition["params"],
  options: CheckedProgram["options"],
): readonly ParamView[] {
  const unused = described.find(({ name }) => !options.some((option) => option.name === name));
  if (unused !== undefined)
    throw new MonitorSourceError(
      `${file}: the script does not use parameter ${unused.name}: read it by getopt("${unused.name}", DEFAULT)`,
    );
  return placedOptions(options).map(({ option: { name, initial, help }, offset, type }) => {
    const more = described.find((param) => param.name === name);
    return {
      name,
      help: more?.help ?? help,
      map: "options",
      offset,
      type,
      initial: typeof initial === "string" ? initial : type.kind === "bool" ? initial !== 0n : checkedInteger(initial),
      ...(more?.min !== undefined && { min: more.min }),
      ...(more?.max !== undefined && { max: more.max }),
    };
  });
}

/** As a number where that is exact. */
function checkedInteger(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function textOf({ name, bytes }: SourceFile): string {
  if (bytes.length > MAX_SOURCE) throw new MonitorSourceError(`${name} is larger than ${MAX_SOURCE} bytes`);
  return new TextDecoder().decode(bytes);
}
