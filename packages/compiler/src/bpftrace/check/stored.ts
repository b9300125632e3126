/**
 * The type of a place that several assignments share: a variable, a map's value, a part of its key.
 * The first assignment decides; later ones may widen an integer's sign or a string's size.
 *
 * Integers are kept in 64 bits; `narrow` is the smallest type that holds all that was stored, which is what
 * sizeof and typeof speak of. A literal that is not negative is `neutral`: it takes the sign of whatever
 * else is stored. Where uint64 meets a signed integer, no type holds both: the place is int64.
 */
import type { IntType, Type } from "../types.ts";
import { INT64, NONE, asInteger, int } from "../values.ts";

export interface Stored {
  readonly type: Type;
  readonly neutral: boolean;
  /** Of integers. */
  readonly narrow?: IntType;
}

export const EMPTY: Stored = { type: NONE, neutral: false };

/** Something was assigned whose type is not known (yet): what is wrong with it is said elsewhere. */
export const UNKNOWN: Stored = { ...EMPTY };

/** A place that holds just this. */
export function store(type: Type, neutral: boolean): Stored {
  if (type.kind !== "int") return { type, neutral: false };
  return { type: int(8, neutral || type.signed), neutral, narrow: type };
}

/** The place after something more was stored, or undefined where no type holds both. */
export function widen(place: Stored, type: Type, neutral: boolean): Stored | undefined {
  if (type.kind === "none") return place === EMPTY ? UNKNOWN : place;
  if (place.type.kind === "none") return store(type, neutral);
  const a = place.type;
  if (a.kind === "pointer" && type.kind === "int" && neutral) return place;
  if (place.neutral && type.kind === "pointer") return store(type, false);
  if (a.kind !== type.kind && isSmall(a) && isSmall(type)) {
    return widenIntegers(
      a.kind === "int" ? place : store(asInteger(a) ?? INT64, false),
      asInteger(type) ?? INT64,
      neutral,
    );
  }
  if (a.kind === "int" && type.kind === "int") return widenIntegers(place, type, neutral);
  const joined = join(a, type);
  return joined === undefined ? undefined : { ...place, type: joined };
}

/** Booleans and enums mix with integers. */
function isSmall(type: Type): boolean {
  return type.kind === "int" || type.kind === "bool" || type.kind === "enum";
}

function widenIntegers(place: Stored, type: IntType, neutral: boolean): Stored {
  const before = place.narrow ?? type;
  if (neutral) {
    const size = Math.max(before.size, type.size);
    return size === before.size ? place : { ...place, narrow: int(size, before.signed) };
  }
  if (place.neutral) {
    const narrow = int(Math.max(before.size, type.size), type.signed);
    return { type: int(8, type.signed), neutral: false, narrow };
  }
  const narrow = joinIntegers(before, type);
  return { type: int(8, narrow.signed), neutral: false, narrow };
}

/** The smallest type for both; of 64 bits and signed where there is none. */
function joinIntegers(a: IntType, b: IntType): IntType {
  if (a.signed === b.signed) return int(Math.max(a.size, b.size), a.signed);
  const [signed, unsigned] = a.signed ? [a, b] : [b, a];
  return int(Math.min(8, Math.max(signed.size, 2 * unsigned.size)), true);
}

/** Whether what is stored turns from a large unsigned number into a negative one. */
export function losesSign({ type: place }: Stored, type: Type, neutral: boolean): boolean {
  return place.kind === "int" && place.signed && type.kind === "int" && !type.signed && type.size === 8 && !neutral;
}

/** The type that holds both, for all but integers; undefined if there is none. */
export function join(a: Type, b: Type): Type | undefined {
  if (a.kind === "none") return b;
  if (b.kind === "none") return a;
  switch (a.kind) {
    case "int":
    case "bool":
    case "enum": {
      if (a.kind === b.kind && a.kind !== "int" && (a.kind === "bool" || (b.kind === "enum" && sameType(a, b))))
        return a;
      const [left, right] = [asInteger(a), b.kind === "pointer" ? undefined : asInteger(b)];
      return left === undefined || right === undefined
        ? undefined
        : int(Math.max(left.size, right.size), left.signed || right.signed);
    }
    case "string":
    case "buffer":
      return b.kind !== a.kind ? undefined : b.size > a.size ? b : a;
    case "pointer": {
      if (b.kind !== "pointer") return undefined;
      const trusted = a.trusted && b.trusted;
      if (a.to.kind === "void") return { ...b, trusted };
      return b.to.kind === "void" || sameTarget(a.to, b.to) ? { ...a, trusted } : undefined;
    }
    case "struct":
      return b.kind === "struct" && a.typeId === b.typeId && a.space === b.space
        ? { ...a, trusted: a.trusted && b.trusted }
        : undefined;
    case "array":
      return b.kind === "array" && a.length === b.length && sameTarget(a.element, b.element) ? a : undefined;
    case "tuple": {
      if (b.kind !== "tuple" || a.items.length !== b.items.length) return undefined;
      const items: Type[] = [];
      if ((a.names === undefined) !== (b.names === undefined)) return undefined;
      for (const [i, item] of a.items.entries()) {
        // The fields of a record have their names wherever they are written.
        const at = a.names === undefined ? i : (b.names?.indexOf(a.names[i]!) ?? -1);
        if (at < 0) return undefined;
        const joined = join(item, b.items[at] ?? NONE);
        if (joined === undefined) return undefined;
        items.push(joined);
      }
      return { ...a, items };
    }
    case "stack":
      return b.kind === "stack" && a.user === b.user && a.mode === b.mode && a.unwound === b.unwound
        ? { ...a, frames: Math.max(a.frames, b.frames) }
        : undefined;
    case "named":
      return b.kind === "named" && sameType(a, b) ? a : undefined;
    case "symbol":
      return b.kind === "symbol" && a.user === b.user ? a : undefined;
    default:
      return a.kind === b.kind ? a : undefined;
  }
}

function sameTarget(a: Type, b: Type): boolean {
  if (a.kind === "struct" && b.kind === "struct") return a.typeId === b.typeId;
  if (a.kind === "pointer" && b.kind === "pointer") return sameTarget(a.to, b.to);
  if (a.kind === "int" && b.kind === "int") return a.size === b.size;
  return a.kind === b.kind;
}

/** Do two types look the same to lowering? */
export function sameType(a: Type, b: Type): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
