/** A program's global variables, as properties of an object. */
import type { Btf, BtfValue, Codec, CodecOptions, Shape, ShapeField, TypeId } from "@sonde/bpf/btf";
import { codecOfShape, shapeOf } from "@sonde/bpf/btf";
import { MapFlag } from "../sys/constants.ts";
import type { BpfMap } from "./map.ts";

/** Variables by their names. Each reading and each writing is a reading or writing of the program's memory. */
export type Globals = Record<string, BtfValue>;

/**
 * The variables of a data section (`.data`, `.bss`, `.rodata`), whose map is `map` and whose DATASEC
 * in the object's BTF is `section`. `T` says what they are; the values are those of {@link codecOf}.
 *
 *     const globals = globalsOf<{ counter: bigint }>(map, btf, section);
 *     globals.counter = 5n;
 *
 * Where the map was made with BPF_F_MMAPABLE this is shared memory. Else a writing reads, changes and
 * writes the whole section, and a change that a program makes in between is lost. Writing to frozen sections throws
 * KernelError (EPERM): set those before the object is loaded.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the variables are
export function globalsOf<T = Globals>(map: BpfMap, btf: Btf, section: TypeId, options: CodecOptions = {}): T {
  const shape = shapeOf(btf, section);
  if (shape.kind !== "record") throw new TypeError(`BTF type ${section} of ${map.subject} is no data section`);
  const memory = (map.flags & MapFlag.MMAPABLE) === 0 ? copies(map) : shared(map);
  const globals = {};
  for (const field of shape.fields) Object.defineProperty(globals, field.name, property(field, memory, options));
  return Object.seal(globals) as T;
}

interface SectionMemory {
  read(): DataView;
  /** Lets `change` write. */
  write(change: (view: DataView) => void): void;
}

/** Codecs are made for the variables that are used. */
function property(field: ShapeField, memory: SectionMemory, options: CodecOptions): PropertyDescriptor {
  const { name, offset, shape } = field;
  // As a struct of its own, so that errors name the variable.
  const alone: Shape = { kind: "record", size: shape.size, fields: [{ ...field, offset: 0 }] };
  let made: Codec<Globals> | undefined;
  const codec = (): Codec<Globals> => (made ??= codecOfShape(alone, options));
  return {
    enumerable: true,
    get: () => codec().read(memory.read(), offset)[name],
    set: (value: BtfValue) => {
      const bytes = new Uint8Array(shape.size);
      codec().write(new DataView(bytes.buffer), 0, { [name]: value });
      memory.write((view) => store(view, offset, bytes));
    },
  };
}

/** Words in one piece, so that a program never reads half of a number. */
function store(view: DataView, offset: number, bytes: Uint8Array<ArrayBuffer>): void {
  const words = new DataView(bytes.buffer);
  const at = view.byteOffset + offset;
  if (bytes.length === 8 && at % 8 === 0)
    Atomics.store(new BigUint64Array(view.buffer as ArrayBuffer, at, 1), 0, words.getBigUint64(0, true));
  else if (bytes.length === 4 && at % 4 === 0)
    Atomics.store(new Uint32Array(view.buffer as ArrayBuffer, at, 1), 0, words.getUint32(0, true));
  else new Uint8Array(view.buffer as ArrayBuffer, at, bytes.length).set(bytes);
}

/** Asks for the memory each time, so that a closed map is noticed. */
function shared(map: BpfMap): SectionMemory {
  const view = (): DataView => new DataView(map.memory());
  return { read: view, write: (change) => change(view()) };
}

function copies(map: BpfMap): SectionMemory {
  const key = new Uint8Array(map.layout.keySize);
  const read = (): DataView => {
    const value = map.lookup(key);
    if (value === undefined) throw new Error(`${map.subject} has no value: it is no data section`);
    return new DataView(value.buffer);
  };
  return {
    read,
    write: (change) => {
      const view = read();
      change(view);
      map.update(key, new Uint8Array(view.buffer as ArrayBuffer));
    },
  };
}
