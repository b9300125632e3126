/**
 * The `.sonde` section: as JSON, what our objects say that no other section can. Other loaders pass it
 * over; they see programs and maps as in any object.
 */
import type { Manifest } from "../spec/manifest.ts";
import type { MapSpec, ProgramSpec } from "../spec/spec.ts";
import { ElfError } from "./errors.ts";
import { SectionName } from "./format.ts";
import { attachTarget, manifestShape } from "./manifest-shape.ts";
import type { SectionMeaning } from "./section-names.ts";
import { checkShape, count, dictionary, flag, list, oneOf, record, text } from "./shape.ts";
import type { ElfFile } from "./read/file.ts";

export interface RenamedMap extends Pick<MapSpec, "name" | "flags" | "keyTypeId" | "valueTypeId"> {
  /** Whether the section only holds the zeros that every array starts with. */
  readonly zero: boolean;
}

export interface Extras {
  readonly version: 1;
  readonly name: string;
  readonly manifest: Manifest;
  /** By name, those whose section says something else or nothing. */
  readonly programs: Readonly<Record<string, SectionMeaning & Pick<ProgramSpec, "title">>>;
  /** Maps that are written as global data, since programs take addresses in them, by their section. */
  readonly maps: Readonly<Record<string, RenamedMap>>;
}

export function writeExtras(extras: Extras): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(extras));
}

/** Undefined for objects that were not written by us. */
export function readExtras(file: ElfFile): Extras | undefined {
  const section = file.sections.find(({ name }) => name === SectionName.SONDE);
  if (section === undefined) return undefined;
  const extras = parse(section.bytes);
  checkShape(
    extras,
    record({
      version: oneOf(1),
      name: text,
      manifest: manifestShape(),
      programs: dictionary(
        record({ type: text, attach: list(attachTarget), "attachType?": text, "flags?": count, title: text }),
      ),
      maps: dictionary(record({ name: text, flags: count, keyTypeId: count, valueTypeId: count, zero: flag })),
    }),
    SectionName.SONDE,
  );
  return extras as Extras;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ElfError(
      `not JSON: ${error instanceof Error ? error.message : String(error)}`,
      { section: SectionName.SONDE },
      { cause: error },
    );
  }
}
