/**
 * Whether C++ passes a value of a class by its bytes or by its address (Itanium C++ ABI, section 3.1.1): its
 * address where a copy constructor, a move constructor or a destructor has something to do. Some compilers say
 * so (DW_AT_calling_convention); for others it follows from what the class declares.
 */
import { AT, TAG } from "./constants.ts";
import type { Entry } from "./entry.ts";
import { plainType, RECORDS } from "./sizes.ts";

const DW_CC_pass_by_reference = 4;
const DW_CC_pass_by_value = 5;
/** Classes within classes. */
const MAX_DEPTH = 16;

export function isPassedByAddress(type: Entry | undefined, depth = 0): boolean {
  const plain = plainType(type);
  if (plain === undefined || depth > MAX_DEPTH) return false;
  if (plain.tag === TAG.arrayType) return isPassedByAddress(plain.type, depth + 1);
  if (!RECORDS.has(plain.tag)) return false;
  const said = plain.number(AT.callingConvention);
  if (said === DW_CC_pass_by_reference || said === DW_CC_pass_by_value) return said === DW_CC_pass_by_reference;
  const own = (plain.text(AT.name) ?? "").replace(/<.*/s, "");
  for (const child of plain.children()) {
    if (child.tag === TAG.subprogram && isOwnCopying(child, own, plain)) return true;
    if (child.tag === TAG.inheritance && (child.number(AT.virtuality) ?? 0) !== 0) return true;
    if (child.tag !== TAG.member && child.tag !== TAG.inheritance) continue;
    if (child.text(AT.name)?.startsWith("_vptr") === true) return true;
    if (!child.flag(AT.external) && !child.flag(AT.declaration) && isPassedByAddress(child.type, depth + 1))
      return true;
  }
  return false;
}

/** A destructor, or a constructor from another value of the class, that its author wrote. */
function isOwnCopying(method: Entry, own: string, type: Entry): boolean {
  if (method.flag(AT.artificial) || method.flag(AT.defaulted)) return false;
  const name = method.text(AT.name);
  if (name === `~${own}`) return true;
  if (name !== own) return false;
  const [, from] = [...method.children()].filter(({ tag }) => tag === TAG.formalParameter);
  const given = plainType(from?.type);
  const isReference = given?.tag === TAG.referenceType || given?.tag === TAG.rvalueReferenceType;
  return isReference && plainType(given?.type)?.place === type.place;
}
