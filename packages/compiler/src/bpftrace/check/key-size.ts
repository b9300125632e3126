/**
 * How long strings in keys are. Kernels before 5.11 take no hash key above 512 bytes, and every byte
 * of a key is hashed for each event, so a string whose size nobody chose (`str(x)`) gets less room in
 * a key than elsewhere: 256 bytes, or its share of the 512.
 */
import { fieldSize } from "../lower/layout.ts";
import type { Type } from "../types.ts";

const MAX_KEY = 512;
const DEFAULT_STRING = 256;
/** Shorter than this no string is cut, whatever the kernel says to the key then. */
const LEAST_STRING = 16;

/** @param unchosen the size of strings for which the script says none */
export function boundedKeys(keys: readonly Type[], unchosen: number): readonly Type[] {
  const isOpen = (type: Type): type is Type & { kind: "string" } =>
    type.kind === "string" && type.size >= unchosen && type.size > DEFAULT_STRING;
  const open = keys.filter(isOpen).length;
  if (open === 0) return keys;
  const fixed = keys.filter((type) => !isOpen(type)).reduce((sum, type) => sum + fieldSize(type), 0);
  const share = Math.max(LEAST_STRING, Math.floor((MAX_KEY - fixed) / open) & ~7);
  return keys.map((type) => (isOpen(type) ? { ...type, size: Math.min(DEFAULT_STRING, share) } : type));
}
