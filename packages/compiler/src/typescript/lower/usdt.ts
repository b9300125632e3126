/**
 * Arguments of static probe points. Each place of a probe has them elsewhere, in registers or in memory, and only
 * the program or library that is attached to says where: so an object has a table that whoever attaches it fills,
 * by the names and in the layout of libbpf's usdt.bpf.h, and a function that looks into it.
 */
import type { TypeId } from "@sonde/bpf/btf";
import type { MapSpec } from "@sonde/bpf/spec";
import { FunctionBuilder, pointerTo, SCALAR, type Func, type Inst } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import type { ObjectTypes } from "../../lowering/object-types.ts";
import { registers } from "../../lowering/registers.ts";
import { S64 } from "../types/type.ts";
import type { Program } from "./program.ts";
import type { Value } from "./value.ts";

export const MOST_ARGUMENTS = 12;
/** Different places that one object can be attached to. */
const PLACES = 256;

/** struct __bpf_usdt_arg_spec; the bits that libbpf 1.7 gave to indexed addresses are bytes of their own. */
const ARGUMENT = { value: 0, kind: 8, scale: 9, index: 10, register: 12, signed: 14, shift: 15, size: 16 };
/** enum __bpf_usdt_arg_type */
const Kind = { constant: 0, register: 1, memory: 2, indexed: 3 };
/** struct __bpf_usdt_spec: the arguments, a u64 of the user's own, how many arguments there are. */
const SPEC = { count: MOST_ARGUMENTS * ARGUMENT.size + 8, size: MOST_ARGUMENTS * ARGUMENT.size + 16 };

/** Of `enum bpf_func_id`: the helper that tells programs which attachment runs them. */
const COOKIE = { name: "BPF_FUNC_get_attach_cookie", value: Helper.attachCookie };

export const SPECS_MAP = "__bpf_usdt_specs";
const ADDRESSES_MAP = "__bpf_usdt_ip_to_spec_id";

/** Argument number `index`, from 0, widened by the sign that the probe's note gives it; 0 where there is none. */
export function usdtArgument(p: Program, index: number): Value {
  const { builder } = p;
  const name = p.subprogram("usdt_argument", (own) => usdtFunction(p, own));
  return { kind: "scalar", inst: builder.callFunction(name, [p.context(), p.constant(index)]), type: S64 };
}

export function usdtMaps(types: ObjectTypes): readonly MapSpec[] {
  const { index } = types;
  const word = types.word(true);
  return [
    {
      name: SPECS_MAP,
      type: "array",
      keySize: 4,
      valueSize: SPEC.size,
      maxEntries: PLACES,
      flags: 0,
      keyTypeId: index,
      valueTypeId: specType(types),
    },
    {
      name: ADDRESSES_MAP,
      type: "hash",
      keySize: 8,
      valueSize: 4,
      maxEntries: PLACES,
      flags: 0,
      keyTypeId: word,
      valueTypeId: index,
    },
  ];
}

function specType({ builder }: ObjectTypes): TypeId {
  const byte = builder.int("unsigned char", 1, "unsigned");
  // By this enumeration whoever fills the table sees that indexed addresses are understood.
  builder.enum("__bpf_usdt_arg_type", 4, false, [
    { name: "BPF_USDT_ARG_CONST", value: Kind.constant },
    { name: "BPF_USDT_ARG_REG", value: Kind.register },
    { name: "BPF_USDT_ARG_REG_DEREF", value: Kind.memory },
    { name: "BPF_USDT_ARG_SIB", value: Kind.indexed },
  ]);
  const member = (name: string, type: TypeId, offset: number) => ({ name, type, bitOffset: offset * 8 });
  const argument = builder.struct("__bpf_usdt_arg_spec", ARGUMENT.size, [
    member("val_off", builder.int("unsigned long long", 8, "unsigned"), ARGUMENT.value),
    member("arg_type", byte, ARGUMENT.kind),
    member("scale_bitshift", byte, ARGUMENT.scale),
    member("idx_reg_off", builder.int("unsigned short", 2, "unsigned"), ARGUMENT.index),
    member("reg_off", builder.int("short", 2, "signed"), ARGUMENT.register),
    member("arg_signed", builder.int("_Bool", 1, "bool"), ARGUMENT.signed),
    member("arg_bitshift", builder.int("signed char", 1, "signed"), ARGUMENT.shift),
  ]);
  return builder.struct("__bpf_usdt_spec", SPEC.size, [
    member("args", builder.array(argument, MOST_ARGUMENTS), 0),
    member("usdt_cookie", builder.int("unsigned long long", 8, "unsigned"), SPEC.count - 8),
    member("arg_cnt", builder.int("short", 2, "signed"), SPEC.count),
  ]);
}

/** `long usdt_argument(struct pt_regs *ctx, u64 index)` */
function usdtFunction(p: Program, name: string): Func {
  const b = new FunctionBuilder(name, "subprogram", [pointerTo("context"), SCALAR]);
  b.source = p.builder.source;
  p.object.useUsdt();
  const [context, index] = [b.param(0), b.param(1)];
  const none = (): void => b.return(b.constant(0));
  const key = b.slot(8, "key");
  b.store(key, 0, 8, b.constant(0));
  // From 5.15 on programs know which attachment runs them; before, it is found by the probe's address.
  const cookies = p.object.types.hasEnumerator("bpf_func_id", COOKIE);
  b.when(
    { kind: "ne", a: b.core(cookies, 1), b: b.constant(0) },
    () => b.store(key, 0, 8, b.call(Helper.attachCookie, [context])),
    () => {
      b.store(key, 0, 8, b.load(context, registers(p.object.target.arch).ip, 8));
      const id = b.call(Helper.mapLookup, [b.map(ADDRESSES_MAP), key]);
      b.ifNonNull(id, "mapValue", (found) => b.store(key, 0, 8, b.load(found, 0, 4)), none);
    },
  );
  const found = b.call(Helper.mapLookup, [b.map(SPECS_MAP), key]);
  b.ifNonNull(
    found,
    "mapValue",
    (spec) => {
      b.when({ kind: "uge", a: index, b: b.load(spec, SPEC.count, 2) }, none);
      b.when({ kind: "uge", a: index, b: b.constant(MOST_ARGUMENTS) }, none);
      const argument = b.binary("add", spec, b.binary("mul", index, b.constant(ARGUMENT.size)));
      read(b, context, argument, key);
    },
    none,
  );
  return b.finish();
}

function read(b: FunctionBuilder, context: Inst, argument: Inst, word: Inst): void {
  const kind = b.load(argument, ARGUMENT.kind, 1);
  const value = b.variable("value");
  b.write(value, b.load(argument, ARGUMENT.value, 8));
  const register = (offset: Inst): Inst => {
    b.call(Helper.probeReadKernel, [word, b.constant(8), b.binary("add", context, offset)]);
    return b.load(word, 0, 8);
  };
  const own = (): Inst => register(b.load(argument, ARGUMENT.register, 2, { signed: true }));
  const behind = (address: Inst): void => {
    b.call(Helper.probeReadUser, [word, b.constant(8), address]);
    b.write(value, b.load(word, 0, 8));
  };
  const plus = (base: Inst): Inst => b.binary("add", base, b.load(argument, ARGUMENT.value, 8));
  const is = (wanted: number, then: () => void): void => b.when({ kind: "eq", a: kind, b: b.constant(wanted) }, then);
  is(Kind.register, () => b.write(value, own()));
  is(Kind.memory, () => behind(plus(own())));
  is(Kind.indexed, () => {
    const base = plus(own());
    const index = register(b.load(argument, ARGUMENT.index, 2));
    behind(b.binary("add", base, b.binary("shl", index, b.load(argument, ARGUMENT.scale, 1))));
  });
  const shift = b.load(argument, ARGUMENT.shift, 1);
  const high = b.binary("shl", b.read(value), shift);
  b.when(
    { kind: "ne", a: b.load(argument, ARGUMENT.signed, 1), b: b.constant(0) },
    () => b.return(b.binary("ashr", high, shift)),
    () => b.return(b.binary("lshr", high, shift)),
  );
}
