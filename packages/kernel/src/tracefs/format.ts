/**
 * The `format` file of a tracepoint: what its record in the ring holds, and so what a program
 * attached to it finds behind its context pointer.
 *
 *     name: sched_process_exec
 *     ID: 365
 *     format:
 *     	field:int common_pid;	offset:4;	size:4;	signed:1;
 *
 *     	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
 */
import type { TracepointField, TracepointFormat } from "@sonde/bpf/spec";

/** Reads the text of a format file; undefined where it is not one. The common fields come first. */
export function parseFormat(category: string, text: string): TracepointFormat | undefined {
  const head = /^name: (\S+)\nID: (\d+)$/m.exec(text);
  if (head === null) return undefined;
  const fields: TracepointField[] = [];
  for (const [, declaration = "", offset, size, signed] of text.matchAll(
    /^\tfield:([^;]+);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);$/gm,
  )) {
    fields.push({
      ...splitDeclaration(declaration),
      offset: Number(offset),
      size: Number(size),
      signed: signed === "1",
    });
  }
  return { category, name: head[1] ?? "", id: Number(head[2]), fields };
}

/** "char comm[16]" → comm of "char[16]"; "__data_loc char[] name" and "const char * name" lose only the name. */
function splitDeclaration(declaration: string): { name: string; type: string } {
  const match = /^(.*?)\s*(\w+)((?:\[[^\]]*\])*)$/.exec(declaration);
  if (match === null) return { name: declaration, type: "" };
  const [, type = "", name = "", dimensions = ""] = match;
  return { name, type: type + dimensions };
}
