import { styleText } from "node:util";
import { allOptions } from "./arguments.ts";
import type { Command, Option } from "./command.ts";

const bold = (text: string): string => (process.stdout.isTTY ? styleText("bold", text) : text);

/** `sonde --help`: what there is. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((c) => c.name.length));
  return [
    "See, measure and shape a running Linux kernel.",
    "",
    `${bold("Usage:")} sonde COMMAND [OPTIONS] [ARGUMENTS]`,
    "",
    bold("Commands:"),
    ...commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`),
    "",
    "'sonde COMMAND --help' says more of one, with examples. 'sonde --version' prints the version.",
    "",
  ].join("\n");
}

/** `sonde COMMAND --help`. */
export function commandHelp(command: Command): string {
  const options = allOptions(command);
  const heads = options.map(optionHead);
  const width = Math.max(...heads.map((h) => h.length));
  const lines = [
    `${command.summary}.`,
    "",
    bold("Usage:"),
    ...command.usage.map((u) => `  sonde ${command.name} ${u}`.trimEnd()),
    "",
    bold("Options:"),
    ...options.map((o, i) => `  ${heads[i]!.padEnd(width)}  ${o.help}${choices(o)}`),
  ];
  if (command.notes !== undefined) lines.push("", command.notes.trim());
  if (command.examples.length > 0) {
    lines.push("", bold("Examples:"));
    for (const example of command.examples) lines.push(`  # ${example.says}`, `  ${example.command}`);
  }
  lines.push("");
  return lines.join("\n");
}

function optionHead(option: Option): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  return `${short}--${option.name}${option.value === undefined ? "" : ` ${option.value}`}`;
}

function choices(option: Option): string {
  return option.choices === undefined ? "" : ` (${option.choices.join(", ")})`;
}
