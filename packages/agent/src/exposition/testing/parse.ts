/**
 * The text formats read back, by the rules of Prometheus's "Exposition formats" page and of the OpenMetrics
 * 1.0 grammar, strictly: whatever does not follow them is an error. For tests; it shares no code with the
 * writer.
 */
export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: ParsedSample[];
}

export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function parseExposition(text: string, openMetrics: boolean): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("the last line does not end with a line feed");
  if (openMetrics && lines.pop() !== "# EOF") throw new Error("OpenMetrics ends with # EOF");
  let help: { readonly name: string; readonly text: string } | undefined;
  let current: { readonly name: string; readonly family: ParsedFamily } | undefined;
  for (const line of lines) {
    const about = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/su.exec(line);
    if (about !== null) {
      const [, kind, name = "", rest = ""] = about;
      if (kind === "HELP") help = { name, text: unescape(rest, openMetrics ? '\\n"' : "\\n") };
      else if (kind === "TYPE") {
        if (families.has(name)) throw new Error(`${name} comes twice`);
        if (help?.name !== name) throw new Error(`TYPE of ${name} without its HELP`);
        if (!/^(counter|gauge|histogram)$/.test(rest)) throw new Error(`no type: ${rest}`);
        current = { name, family: { type: rest, help: help.text, samples: [] } };
        families.set(name, current.family);
      } else if (!openMetrics || !name.endsWith(`_${rest}`)) throw new Error(`no unit of ${name}: ${rest}`);
    } else if (line.startsWith("#")) throw new Error(`no comment that we write: ${line}`);
    else {
      const sample = parseSample(line);
      if (current === undefined || !belongs(sample.name, current.name, current.family.type, openMetrics))
        throw new Error(`${sample.name} stands under ${current?.name}`);
      current.family.samples.push(sample);
    }
  }
  return families;
}

function belongs(sample: string, family: string, type: string, openMetrics: boolean): boolean {
  if (type === "histogram") return ["_bucket", "_sum", "_count"].some((suffix) => sample === family + suffix);
  return sample === (type === "counter" && openMetrics ? `${family}_total` : family);
}

/** `name{label="value",...} number` */
function parseSample(line: string): ParsedSample {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) throw new Error(`no name: ${line}`);
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === "{") {
    at++;
    while (line[at] !== "}") {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="/.exec(line.slice(at));
      if (label === null) throw new Error(`no label at ${at}: ${line}`);
      at += label[0].length;
      const start = at;
      while (line[at] !== '"') {
        if (at >= line.length) throw new Error(`a value has no end: ${line}`);
        at += line[at] === "\\" ? 2 : 1;
      }
      if (Object.hasOwn(labels, label[1]!)) throw new Error(`${label[1]} comes twice: ${line}`);
      labels[label[1]!] = unescape(line.slice(start, at), '\\n"');
      at++;
      if (line[at] === ",") at++;
      else if (line[at] !== "}") throw new Error(`no end of a label at ${at}: ${line}`);
    }
    at++;
  }
  if (line[at] !== " ") throw new Error(`no value: ${line}`);
  return { name, labels, value: parseNumber(line.slice(at + 1)) };
}

/** As Go's strconv.ParseFloat reads it, of which we write no hexadecimal and no underscores. */
function parseNumber(text: string): number {
  if (text === "NaN") return Number.NaN;
  if (text === "+Inf" || text === "-Inf") return text === "+Inf" ? Infinity : -Infinity;
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) throw new Error(`no number: ${text}`);
  return Number(text);
}

/** @param after what may follow a backslash */
function unescape(text: string, after: string): string {
  let result = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "\\") result += text[i];
    else {
      const next = text[++i];
      if (next === undefined || !after.includes(next)) throw new Error(`no escape: \\${next}`);
      result += next === "n" ? "\n" : next;
    }
  }
  return result;
}
