/** What `sonde agent` is told of where to send figures and events. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { AgentOptions } from "@sonde/agent";
import { type ParsedArguments, UsageError } from "../command.ts";
import { FileError } from "../files.ts";

/** Undefined: nothing is sent. */
export function pushOptions(args: ParsedArguments): AgentOptions["push"] {
  const remoteWrite = url(args, "remote-write");
  const otlp = url(args, "otlp");
  if (remoteWrite === undefined && otlp === undefined) return undefined;
  const headerFile = args.value("push-header-file");
  return {
    ...(remoteWrite !== undefined && { remoteWrite }),
    ...(otlp !== undefined && { otlp }),
    otlpEncoding: (args.value("otlp-encoding") ?? "protobuf") as "protobuf" | "json",
    interval: seconds(args.value("push-interval") ?? "15"),
    labels: { job: "sonde", instance: hostname(), ...Object.fromEntries(args.values("push-label").map(label)) },
    headers: headerFile === undefined ? {} : headersOf(headerFile),
  };
}

function url(args: ParsedArguments, option: string): string | undefined {
  const text = args.value(option);
  if (text === undefined) return undefined;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new UsageError(`--${option} takes an address such as http://127.0.0.1:9090/api/v1/write, not '${text}'`);
  return text;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 3600)) throw new UsageError(`--push-interval takes 1 to 3600 seconds, not '${text}'`);
  return value * 1000;
}

function label(text: string): [string, string] {
  const match = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.*)$/s.exec(text);
  if (match === null) throw new UsageError(`--push-label takes NAME=VALUE, not '${text}'`);
  return [match[1]!, match[2]!];
}

/** Lines of `Name: value`; in a file, so that secrets show in no list of processes. */
function headersOf(file: string): Record<string, string> {
  const lines = readText(file)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line, i) => {
      const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.+)$/.exec(line);
      if (match === null) throw new Error(`${file}: line ${i + 1} is no header of the form 'Name: value'`);
      return [match[1]!.toLowerCase(), match[2]!];
    }),
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new FileError("cannot read the headers", file, error);
  }
}
