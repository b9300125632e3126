/** Objects that were compiled elsewhere and carry a manifest: what `sonde build` makes from TypeScript. */
import type { MonitorView, ObjectSpec } from "@sonde/bpf/spec";
import { readObject } from "@sonde/bpf/elf";
import { type MonitorSource, MonitorSourceError, type SourceFile } from "../source.ts";
import { withSeriesLimits } from "./series-limits.ts";

/** Objects larger than this are no monitors. */
const MAX_OBJECT = 16 * 1024 * 1024;

export const objectSource: MonitorSource = {
  suffix: ".o",
  summary: (file) => read(file).view,
  compile(name, file) {
    const { spec, view } = read(file);
    const named = { ...view, name };
    const object = { ...spec, name, manifest: { ...spec.manifest, monitor: named } };
    return { spec: withSeriesLimits(object, named), view: named };
  },
};

function read({ name, bytes }: SourceFile): { readonly spec: ObjectSpec; readonly view: MonitorView } {
  if (bytes.length > MAX_OBJECT) throw new MonitorSourceError(`${name} is larger than ${MAX_OBJECT} bytes`);
  const spec = parse(name, bytes);
  const view = spec.manifest.monitor;
  if (view === undefined)
    throw new MonitorSourceError(
      `${name} is a BPF object, but it does not say which of its maps are metrics: build it with 'sonde build', or put the YAML of ebpf_exporter beside it`,
    );
  return { spec, view };
}

function parse(name: string, bytes: Uint8Array): ObjectSpec {
  try {
    return readObject(bytes);
  } catch (error) {
    throw new MonitorSourceError(`${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
