/** Which objects are asked for. */
import { isPattern, patternMatcher } from "@sonde/kernel/tracefs";
import type { LinkView, MapView, ProgramView, Snapshot } from "./model.ts";

export interface Filter {
  /** Held by this process. */
  readonly pid?: number;
  /** A program's or map's type or a link's kind; `*` and `?` as in a shell. */
  readonly type?: string;
  /** The same for names; without `*` and `?`, a part of the name. */
  readonly name?: string;
}

/** What fits, and what belongs to a program that fits: its maps and its links. */
export function filtered(snapshot: Snapshot, filter: Filter): Snapshot {
  if (filter.pid === undefined && filter.type === undefined && filter.name === undefined) return snapshot;
  const fits = fitter(filter);
  const programs = snapshot.programs.filter((program) => fits(program, program.type, program.name));
  const ids = new Set(programs.map(({ id }) => id));
  const mapIds = new Set(programs.flatMap((program) => program.mapIds));
  return {
    programs,
    maps: snapshot.maps.filter((map) => mapIds.has(map.id) || fits(map, map.type, map.name)),
    links: snapshot.links.filter((link) => ids.has(link.programId) || fits(link, link.kind, link.programName)),
  };
}

type Fits = (object: ProgramView | MapView | LinkView, type: string, name: string) => boolean;

function fitter({ pid, type, name }: Filter): Fits {
  const typeFits = type === undefined ? () => true : patternMatcher(type);
  const nameFits = name === undefined ? () => true : namePattern(name);
  return (object, itsType, itsName) =>
    (pid === undefined || object.processes.some((holder) => holder.pid === pid)) &&
    typeFits(itsType) &&
    nameFits(itsName);
}

function namePattern(text: string): (name: string) => boolean {
  return isPattern(text) ? patternMatcher(text) : (name) => name.includes(text);
}
