import { isNode, LineCounter, parseDocument } from "yaml";
import { MonitorSourceError } from "../monitor/source.ts";
import { checkConfig, type ExporterConfig } from "./config.ts";

/** The longest that is published has some hundred lines. */
const MAX_BYTES = 1 << 20;

/**
 * Errors: MonitorSourceError with the file's line.
 * @param file the name for messages
 */
export function readConfig(file: string, bytes: Uint8Array): ExporterConfig {
  if (bytes.length > MAX_BYTES) throw new MonitorSourceError(`${file} is larger than ${MAX_BYTES} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(new TextDecoder().decode(bytes), { lineCounter: lines });
  const refuse = (offset: number, message: string): never => {
    throw new MonitorSourceError(`${file}:${lines.linePos(offset).line}: ${message}`);
  };
  const [broken] = document.errors;
  if (broken !== undefined) refuse(broken.pos[0], broken.message.replace(/ at line [\s\S]*/, ""));
  const input = document.toJS({ maxAliasCount: 100 }) as unknown;
  if (typeof input === "object" && input !== null && "programs" in input)
    refuse(
      0,
      "this is a configuration of ebpf_exporter 1, whose programs are C source; version 2 has an object beside each file",
    );
  const result = checkConfig(input);
  if ("config" in result) return result.config;
  const { path, message } = result.issue;
  const where = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return refuse(offsetOf(document, path), where === "" ? message : `${where.slice(1)}: ${message}`);
}

/** Where the deepest part of a path that exists begins. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range !== undefined && node.range !== null) return node.range[0];
  }
  return 0;
}
