/** Messages that are sent as protobuf or as JSON: built once as plain objects, written by a table of their fields. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A field's number and what it holds; `[]` marks packed repetition of numbers. */
export type FieldType = "string" | "double" | "fixed64" | "int32" | "bool" | "double[]" | "fixed64[]" | MessageType;

/** By the field's name in protobuf's JSON; repeated messages are arrays there. */
export type MessageType = () => Readonly<Record<string, readonly [number: number, type: FieldType]>>;

/** 64-bit integers are decimal text, as protobuf's JSON has them. */
export type Message = {
  readonly [field: string]: undefined | string | number | boolean | Message | readonly (Message | string | number)[];
};

export function encodeMessage(type: MessageType, message: Message): Uint8Array {
  const writer = new BinaryWriter();
  write(writer, type, message);
  return writer.finish();
}

function write(writer: BinaryWriter, type: MessageType, message: Message): void {
  const fields = type();
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined) continue;
    const field = fields[name];
    if (field === undefined) throw new TypeError(`the message has no field ${name}`);
    const [number, kind] = field;
    if (typeof kind === "function") {
      for (const one of Array.isArray(value) ? (value as readonly Message[]) : [value as Message]) {
        writer.tag(number, WireType.LengthDelimited).fork();
        write(writer, kind, one);
        writer.join();
      }
      continue;
    }
    switch (kind) {
      case "string":
        writer.tag(number, WireType.LengthDelimited).string(value as string);
        break;
      case "double":
        writer.tag(number, WireType.Bit64).double(Number(value));
        break;
      case "fixed64":
        writer.tag(number, WireType.Bit64).fixed64(value as string);
        break;
      case "int32":
        writer.tag(number, WireType.Varint).int32(value as number);
        break;
      case "bool":
        writer.tag(number, WireType.Varint).bool(value as boolean);
        break;
      case "double[]":
      case "fixed64[]":
        writer.tag(number, WireType.LengthDelimited).fork();
        for (const one of value as readonly (string | number)[])
          if (kind === "double[]") writer.double(Number(one));
          else writer.fixed64(one);
        writer.join();
        break;
    }
  }
}
