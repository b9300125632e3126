/** A decoder for each DataType, composed once and then run for every record. */
import type { DataType, Field } from "@sonde/bpf/spec";
import type { Bytes } from "./bytes.ts";
import { namer } from "../naming/index.ts";
import { readInt64, readUint64 } from "./integer.ts";
import { readText } from "./text.ts";
import type { Integer, Value } from "./value.ts";

/** Decodes the value that starts at a byte offset. */
export type Decoder<T = Value> = (source: Bytes, offset: number) => T;

export function decoderOf(type: DataType): Decoder {
  switch (type.kind) {
    case "int":
      return integerDecoder(type.size, type.signed);
    case "bits":
      return bitsDecoder(type);
    case "bool":
      return (source, offset) => source.buffer[offset] !== 0;
    case "enum": {
      const read = integerDecoder(type.size, type.signed);
      return (source, offset) => {
        const value = read(source, offset);
        return { kind: "enum", value, name: type.names[value.toString()] };
      };
    }
    case "pointer":
      return (source, offset) => ({ kind: "pointer", address: source.view.getBigUint64(offset, true) });
    case "string":
      return textDecoder(type);
    case "buffer":
      return bufferDecoder(type.size - 4);
    case "stack":
      return (source, offset) => ({
        kind: "stack",
        id: Number(source.view.getBigInt64(offset, true)),
        pid: source.view.getUint32(offset + 8, true),
        user: type.user,
        map: type.map,
        mode: type.mode,
        frames: type.frames,
      });
    case "symbol":
      return (source, offset) => ({
        kind: "symbol",
        address: source.view.getBigUint64(offset, true),
        user: type.user,
        pid: type.size === 16 ? source.view.getUint32(offset + 8, true) : 0,
      });
    case "named":
      return namer(type.by);
    case "tuple": {
      const read = fieldsDecoder(type.fields);
      return (source, offset) => ({ kind: "tuple", items: read(source, offset) });
    }
    case "record": {
      const read = fieldsDecoder(type.fields);
      const names = type.fields.map((field) => field.name ?? "");
      return (source, offset) => {
        const values = read(source, offset);
        return { kind: "record", fields: names.map((name, i) => ({ name, value: values[i]! })) };
      };
    }
    case "array":
      return arrayDecoder(type.length, type.size / type.length, decoderOf(type.element));
  }
}

/** Decodes fields at their offsets from a common start. */
export function fieldsDecoder(fields: readonly Field[]): Decoder<Value[]> {
  const offsets = fields.map((field) => field.offset);
  const decoders = fields.map((field) => decoderOf(field.type));
  const count = fields.length;
  return (source, start) => {
    const values: Value[] = [];
    for (let i = 0; i < count; i++) values.push(decoders[i]!(source, start + offsets[i]!));
    return values;
  };
}

function textDecoder({ size, cut }: DataType & { kind: "string" }): Decoder<string> {
  if (cut === undefined) return (source, offset) => readText(source.buffer, offset, size);
  return (source, offset) => {
    const text = readText(source.buffer, offset, size);
    const end = source.buffer.indexOf(0, offset);
    return end >= 0 && end < offset + size - 1 ? text : text + cut;
  };
}

function integerDecoder(size: 1 | 2 | 4 | 8, signed: boolean): Decoder<Integer> {
  switch (size) {
    case 1:
      return signed ? (source, at) => source.view.getInt8(at) : (source, at) => source.view.getUint8(at);
    case 2:
      return signed ? (source, at) => source.view.getInt16(at, true) : (source, at) => source.view.getUint16(at, true);
    case 4:
      return signed ? (source, at) => source.view.getInt32(at, true) : (source, at) => source.view.getUint32(at, true);
    case 8:
      return signed ? (source, at) => readInt64(source.view, at) : (source, at) => readUint64(source.view, at);
  }
}

function bitsDecoder({ size, signed, shift, bits }: DataType & { kind: "bits" }): Decoder<Integer> {
  const read = integerDecoder(size, false);
  return (source, offset) => {
    const word = BigInt(read(source, offset)) >> BigInt(shift);
    const value = signed ? BigInt.asIntN(bits, word) : BigInt.asUintN(bits, word);
    return bits <= 53 ? Number(value) : value;
  };
}

function bufferDecoder(capacity: number): Decoder {
  return (source, offset) => {
    const length = Math.min(source.view.getUint32(offset, true), capacity);
    return new Uint8Array(source.buffer.subarray(offset + 4, offset + 4 + length));
  };
}

function arrayDecoder(length: number, stride: number, element: Decoder): Decoder {
  return (source, offset) => {
    const values: Value[] = [];
    for (let i = 0; i < length; i++) values.push(element(source, offset + i * stride));
    return values;
  };
}
