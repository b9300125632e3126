/**
 * The parameters of a function, and where their values are when it is entered. The calling convention
 * says so for functions that others may call. Of those that only their own file knows, an optimizer may
 * pass the arguments as it likes; then only what the debugging information says plainly is certain.
 */
import { argumentPlaces, type Arch, type ArgumentPlace } from "./calling-convention.ts";
import { AT, TAG } from "./constants.ts";
import type { Entry } from "./entry.ts";
import { hasFixedPlace, locationAt, type Location } from "./location.ts";

export interface Parameter {
  readonly name: string;
  /** Undefined for what C has no type for. */
  readonly type: Entry | undefined;
  readonly place: ArgumentPlace | { readonly kind: "located"; readonly location: Location };
}

export interface FunctionSignature {
  readonly parameters: readonly Parameter[];
  /** Undefined for void. */
  readonly result: Entry | undefined;
}

/** What LLVM says of functions whose arguments it passes as it likes. */
const DW_CC_nocall = 3;
/** More would be damage. */
const MAX_PARAMETERS = 256;

/**
 * @param start the address of the function's first instruction
 * @param ownConvention the compiler made this variant for callers that it knows: its symbol is `name.isra.0` or the like
 */
export function signatureOf(func: Entry, arch: Arch, start: number, ownConvention: boolean): FunctionSignature {
  const entries = parametersOf(func);
  const result = func.type;
  const places = argumentPlaces(
    arch,
    entries.map(({ type }) => type),
    result,
  );
  const isOwn = ownConvention || func.number(AT.callingConvention) === DW_CC_nocall;
  const isKnownOutside = !isOwn && (isExternal(func) || entries.every(hasFixedPlace));
  const parameters = entries.map((entry, index): Parameter => {
    const location = atEntry(entry, locationAt(entry, start), func);
    const place =
      location !== undefined
        ? { kind: "located" as const, location }
        : isKnownOutside
          ? (places[index] as ArgumentPlace)
          : { kind: "unknown" as const };
    return { name: entry.name ?? `arg${index}`, type: entry.type, place };
  });
  return { parameters, result };
}

/** A place in memory that is said for all of a function is true once its prologue has moved the stack pointer, not before. */
function atEntry(parameter: Entry, location: Location | undefined, func: Entry): Location | undefined {
  const isEarly = location?.kind === "memory" && func.tag === TAG.subprogram && hasFixedPlace(parameter);
  return isEarly ? undefined : location;
}

/**
 * In the order of the source. An instance of a function that is inlined elsewhere has them in any order, and a
 * definition may leave them to the declaration that it completes.
 */
function parametersOf(func: Entry): readonly Entry[] {
  const own = formalParameters(func);
  const origin = func.reference(AT.abstractOrigin);
  if (origin === undefined) {
    const declaration = func.reference(AT.specification);
    return own.length > 0 || declaration === undefined ? own : formalParameters(declaration);
  }
  const instances = new Map(own.map((entry) => [entry.reference(AT.abstractOrigin)?.place, entry]));
  return formalParameters(origin).map((declared) => instances.get(declared.place) ?? declared);
}

function formalParameters(func: Entry): readonly Entry[] {
  const found: Entry[] = [];
  for (const child of func.children())
    if (child.tag === TAG.formalParameter && found.length < MAX_PARAMETERS) found.push(child);
  return found;
}

function isExternal(func: Entry): boolean {
  return [func, func.reference(AT.abstractOrigin), func.reference(AT.specification)].some((entry) =>
    entry?.flag(AT.external),
  );
}
