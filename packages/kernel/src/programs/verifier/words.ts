/** What the verifier knows of a register, in words. */

/**
 * "map_value_or_null(id=1,map=m,ks=4,vs=8)" is "an address in a value (8 bytes) of map 'm', or null".
 * The verifier's own word is kept for what is rare.
 */
export function describeState(state: string): string {
  const open = state.indexOf("(");
  const name = open === -1 ? state : state.slice(0, open);
  const fields = readFields(open === -1 ? "" : state.slice(open + 1, state.lastIndexOf(")")));
  const orNull = name.endsWith("_or_null");
  const type = orNull ? name.slice(0, -"_or_null".length) : name;
  return `${describeType(type, fields)}${orNull ? ", or null" : ""}`;
}

type Fields = ReadonlyMap<string, string>;

/** "smin=smin32=0,umax_value=127,var_off=(0x0; 0x7f)": every name with its value. */
function readFields(text: string): Fields {
  const fields = new Map<string, string>();
  for (const part of text.split(",")) {
    const words = part.split("=");
    const value = words.pop() ?? "";
    for (const word of words) fields.set(word.replace(/_value$/, ""), value);
  }
  return fields;
}

function describeType(type: string, fields: Fields): string {
  // A P marks a number whose exact value matters to the verifier.
  const number = /^(?:inv|scalar)?P?(?:scalar)?(-?\d+|-?0x[0-9a-f]+)?$/.exec(type);
  if (number !== null) return number[1] === undefined ? describeNumber(fields) : `the number ${number[1]}`;
  if (type.startsWith("fp")) return describeStack(type);
  const object = /^((?:\w+_)?)ptr_(\w+)$/.exec(type);
  if (object !== null && type !== "map_ptr") return describeObject(object[1]!, object[2]!);
  switch (type) {
    case "ctx":
      return "the program's context";
    case "map_ptr":
      return `the map${mapName(fields)} itself`;
    case "map_value":
      return `an address in a value${size(fields.get("vs"))} of ${fields.has("map") ? `map${mapName(fields)}` : "a map"}${moved(fields)}`;
    case "map_key":
      return `an address in a key${size(fields.get("ks"))} of a map`;
    case "pkt":
      return `an address in the packet, of which ${fields.get("r") ?? "0"} bytes are known to be there`;
    case "pkt_end":
      return "the packet's end";
    case "pkt_meta":
      return "an address in the packet's metadata";
    case "mem":
    case "alloc_mem":
    case "ringbuf_mem":
      return `an address in reserved memory${size(fields.get("sz"))}`;
    case "sock":
    case "sock_common":
    case "tcp_sock":
      return "a socket";
    default:
      return `'${type}', as the verifier calls it`;
  }
}

function mapName(fields: Fields): string {
  const name = fields.get("map");
  return name === undefined ? "" : ` '${name}'`;
}

function size(bytes: string | undefined): string {
  return bytes === undefined ? "" : ` (${bytes} bytes)`;
}

/** What was added to an address, where it is not a constant. */
function moved(fields: Fields): string {
  const varies = ["smin", "smax", "umin", "umax"].some((bound) => fields.has(bound));
  return varies ? `, moved by ${describeNumber(fields)}` : "";
}

/** "fp-8" counts from the frame's upper end. */
function describeStack(type: string): string {
  const offset = Number(type.slice(2));
  if (!Number.isInteger(offset)) return "an address on the stack";
  if (offset === 0) return "the upper end of the stack";
  return `an address on the stack, ${Math.abs(offset)} bytes ${offset < 0 ? "below" : "above"} its upper end`;
}

function describeObject(qualifiers: string, struct: string): string {
  if (qualifiers.includes("percpu")) return `the per-CPU address of a ${struct} of the kernel`;
  const trust = qualifiers.includes("untrusted") ? ", which may be invalid by now" : "";
  return `the address of a ${struct} of the kernel${trust}`;
}

/** By the narrower of the signed and the unsigned range. */
function describeNumber(fields: Fields): string {
  const smin = fields.get("smin");
  const smax = fields.get("smax");
  const umin = fields.get("umin");
  const umax = fields.get("umax");
  const low = umin ?? (isNegative(smin) || (smin === undefined && umax === undefined) ? smin : (smin ?? "0"));
  const high = umax ?? smax;
  if (low !== undefined && high !== undefined) return `a number from ${low} to ${high}`;
  if (high !== undefined) return `a number that may be negative and is at most ${high}`;
  if (low !== undefined) return `a number of at least ${low}`;
  return "a number that may be anything";
}

function isNegative(number: string | undefined): boolean {
  return number?.startsWith("-") ?? false;
}
