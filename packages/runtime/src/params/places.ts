/** Parameters that say where programs are attached. */
import { type AttachTarget, type ObjectSpec, PLACE_FIELDS, type PlaceView } from "@sonde/bpf/spec";
import { ParamError, type ParamValue } from "./check.ts";

/**
 * The same object, attached where the values say. Errors: ParamError for a manifest that means a part of a target
 * which is none.
 * @param values checked ones, by the parameter's name
 */
export function withPlaces(spec: ObjectSpec, values: ReadonlyMap<string, ParamValue>): ObjectSpec {
  const changes = (spec.manifest.monitor?.params ?? []).flatMap(({ name, places = [] }) =>
    values.has(name) ? places.map((place) => ({ name, place, value: String(values.get(name)) })) : [],
  );
  if (changes.length === 0) return spec;
  const programs = spec.programs.map((program) => {
    const own = changes.filter(({ place }) => place.program === program.name);
    if (own.length === 0) return program;
    const attach = [...program.attach];
    for (const { name, place, value } of own) attach[place.target] = moved(attach[place.target], name, place, value);
    return { ...program, attach };
  });
  return { ...spec, programs };
}

function moved(target: AttachTarget | undefined, name: string, place: PlaceView, value: string): AttachTarget {
  if (target === undefined || PLACE_FIELDS[target.kind]?.includes(place.field) !== true)
    throw new ParamError(
      `parameter ${name} is said to be ${place.field} of where program '${place.program}' is attached, which has none`,
    );
  return { ...target, [place.field]: value };
}
