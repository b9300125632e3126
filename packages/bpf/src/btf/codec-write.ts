/** Writers are composed, one for each shape; what does not fit is refused with the path to it. */
import type { EnumName, Shape } from "./shape.ts";

/** A value that does not fit its type: "ports[1]: 70000 does not fit an unsigned integer of 2 bytes". */
export class CodecError extends TypeError {
  override readonly name: string = "CodecError";
  /** Members and indices from the outermost value inwards; empty for the value itself. */
  readonly path: readonly string[];
  readonly problem: string;

  constructor(problem: string, path: readonly string[] = []) {
    super(path.length === 0 ? problem : `${path.join("").replace(/^\./, "")}: ${problem}`);
    this.problem = problem;
    this.path = path;
  }
}

/** Writes into zeroed bytes. */
type Writer = (view: DataView, offset: number, value: unknown) => void;

export function writerOf(shape: Shape): Writer {
  return compose(shape, new Map());
}

function compose(shape: Shape, known: Map<Shape, Writer>): Writer {
  let writer = known.get(shape);
  if (writer === undefined) known.set(shape, (writer = make(shape, known)));
  return writer;
}

function make(shape: Shape, known: Map<Shape, Writer>): Writer {
  switch (shape.kind) {
    case "int":
      return intWriter(shape);
    case "bool":
      return (view, offset, value) => view.setUint8(offset, toBool(value));
    case "bits":
      return bitsWriter(shape);
    case "float":
      return shape.size === 4
        ? (view, offset, value) => view.setFloat32(offset, toFloat(value), true)
        : (view, offset, value) => view.setFloat64(offset, toFloat(value), true);
    case "pointer":
      return intWriter({ kind: "int", size: 8, signed: false });
    case "bytes":
      return bytesWriter(shape.size);
    case "list":
      return listWriter(shape, compose(shape.of, known));
    case "record":
      return recordWriter(shape, known);
  }
}

function intWriter({ size, signed, names }: Extract<Shape, { kind: "int" }>): Writer {
  const range = rangeOf(size * 8, signed);
  const what = `${signed ? "a signed" : "an unsigned"} integer of ${size} bytes`;
  const [least, most] = [Number(range.least), Number(range.most)];
  return (view, offset, value) => {
    // Nearly always: a number that fits, at a tenth of the cost of a bigint.
    if (typeof value === "number" && size <= 4 && value >= least && value <= most && Number.isInteger(value)) {
      if (size === 4) view.setUint32(offset, value, true);
      else if (size === 2) view.setUint16(offset, value, true);
      else view.setUint8(offset, value);
      return;
    }
    const integer = toInteger(value, range, what, names);
    switch (size) {
      case 1:
        return view.setUint8(offset, Number(integer) & 0xff);
      case 2:
        return view.setUint16(offset, Number(integer) & 0xffff, true);
      case 4:
        return view.setUint32(offset, Number(integer) >>> 0, true);
      case 16:
        view.setBigUint64(offset + 8, BigInt.asUintN(64, integer >> 64n), true);
    }
    view.setBigUint64(offset, BigInt.asUintN(64, integer), true);
  };
}

function bitsWriter({ size, shift, bits, encoding }: Extract<Shape, { kind: "bits" }>): Writer {
  const range = rangeOf(bits, encoding === "signed");
  const what = `${encoding === "signed" ? "a signed" : "an unsigned"} bit field of ${bits} bits`;
  return (view, offset, value) => {
    const integer = encoding === "bool" ? BigInt(toBool(value)) : toInteger(value, range, what);
    let word = BigInt.asUintN(bits, integer) << BigInt(shift);
    // Its first and last byte belong to its neighbours too.
    for (let i = 0; i < size; i++, word >>= 8n)
      view.setUint8(offset + i, view.getUint8(offset + i) | Number(word & 0xffn));
  };
}

function bytesWriter(size: number): Writer {
  return (view, offset, value) => {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    if (!(bytes instanceof Uint8Array)) throw mismatch(value, `a string or a Uint8Array of ${size} bytes`);
    if (bytes.length > size) throw new CodecError(`${bytes.length} bytes do not fit an array of ${size}`);
    new Uint8Array(view.buffer, view.byteOffset + offset, size).set(bytes);
  };
}

function listWriter({ length, of }: Extract<Shape, { kind: "list" }>, element: Writer): Writer {
  return (view, offset, value) => {
    if (!Array.isArray(value)) throw mismatch(value, `an array of ${length} elements`);
    if (value.length > length) throw new CodecError(`${value.length} elements do not fit an array of ${length}`);
    for (let i = 0; i < value.length; i++) {
      within(`[${i}]`, () => element(view, offset + i * of.size, value[i]));
    }
  };
}

function recordWriter(shape: Extract<Shape, { kind: "record" }>, known: Map<Shape, Writer>): Writer {
  const fields = new Map(
    shape.fields.map(({ name, offset, shape: of }) => [name, { at: offset, write: compose(of, known) }]),
  );
  return (view, offset, value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array)
      throw mismatch(value, `an object with ${[...fields.keys()].join(", ")}`);
    for (const [name, member] of Object.entries(value)) {
      const field = fields.get(name);
      if (field === undefined)
        throw new CodecError(`there is no member ${JSON.stringify(name)}: it has ${[...fields.keys()].join(", ")}`);
      if (member !== undefined) within(`.${name}`, () => field.write(view, offset + field.at, member));
    }
  };
}

/** A failure inside a struct or array is told with the way to it. */
function within(step: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw error instanceof CodecError ? new CodecError(error.problem, [step, ...error.path]) : error;
  }
}

interface Range {
  readonly least: bigint;
  readonly most: bigint;
}

function rangeOf(bits: number, signed: boolean): Range {
  return signed
    ? { least: -(1n << BigInt(bits - 1)), most: (1n << BigInt(bits - 1)) - 1n }
    : { least: 0n, most: (1n << BigInt(bits)) - 1n };
}

function toInteger(value: unknown, range: Range, what: string, names?: readonly EnumName[]): bigint {
  const integer = typeof value === "string" ? namedValue(value, names) : value;
  if (typeof integer !== "bigint" && !(typeof integer === "number" && Number.isInteger(integer)))
    throw mismatch(value, what);
  const exact = BigInt(integer);
  if (exact < range.least || exact > range.most) throw new CodecError(`${exact} does not fit ${what}`);
  return exact;
}

function namedValue(name: string, names: readonly EnumName[] | undefined): bigint | undefined {
  if (names === undefined) return undefined;
  const found = names.find((entry) => entry.name === name);
  if (found === undefined)
    throw new CodecError(`the enum has no ${name}: it has ${names.map((entry) => entry.name).join(", ")}`);
  return found.value;
}

function toBool(value: unknown): number {
  if (typeof value !== "boolean") throw mismatch(value, "a boolean");
  return value ? 1 : 0;
}

function toFloat(value: unknown): number {
  if (typeof value !== "number") throw mismatch(value, "a number");
  return value;
}

function mismatch(value: unknown, wanted: string): CodecError {
  const given =
    typeof value === "object" && value !== null ? (Array.isArray(value) ? "an array" : "an object") : String(value);
  return new CodecError(`${given} is not ${wanted}`);
}
