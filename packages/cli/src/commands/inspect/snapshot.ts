/** Takes stock of all BPF objects, and joins what belongs together. */
import { readFileSync } from "node:fs";
import {
  type Cost,
  findHolders,
  type HolderIndex,
  listBtf,
  listLinks,
  listMaps,
  listPrograms,
  type ProgramInfo,
} from "@sonde/kernel/objects";
import type { Kernel } from "@sonde/kernel/sys";
import type { BtfView, LinkView, MapView, ProgramView, Snapshot } from "./model.ts";
import { Places } from "./places.ts";
import { Types } from "./types.ts";

/** Measures costs since its last call; undefined where nothing is measured. */
export type Measure = (programs: readonly ProgramInfo[]) => ReadonlyMap<number, Cost>;

/** Looks at the same kernel again and again; types that were read are kept. */
export class Observer {
  readonly types: Types;
  readonly #kernel: Kernel;
  readonly #places: Places;
  /** Asked once: it is known to a hundredth of a second only, and programs' ages should not waver. */
  readonly #started: number = machineStart();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.types = new Types(kernel);
    this.#places = new Places(this.types);
  }

  look(measure?: Measure): Snapshot {
    const infos = listPrograms(this.#kernel);
    const costs = measure?.(infos);
    const holders = findHolders(this.#kernel);
    const byId = new Map(infos.map((info) => [info.id, info]));
    const links = this.#links(byId, holders);
    const programs = infos.map((info) => this.#program(info, links, holders, costs?.get(info.id)));
    return { programs, maps: this.#maps(infos, holders), links };
  }

  btf({ programs, maps }: Snapshot): readonly BtfView[] {
    const holders = findHolders(this.#kernel);
    return listBtf(this.#kernel).map((info) => ({
      ...info,
      programIds: programs.filter(({ btfId }) => btfId === info.id).map(({ id }) => id),
      mapIds: maps.filter(({ btfId }) => btfId === info.id).map(({ id }) => id),
      processes: holders.of("btf", info.id).processes,
    }));
  }

  #program(info: ProgramInfo, links: readonly LinkView[], holders: HolderIndex, cost: Cost | undefined): ProgramView {
    const {
      id,
      type,
      name,
      functionTypeId,
      attachBtfObjectId: _object,
      attachBtfTypeId: _type,
      loadedAt,
      ...rest
    } = info;
    const target = this.#places.ofProgram(info);
    return {
      id,
      type,
      name: this.types.nameOf(this.types.open(info.btfId), functionTypeId) ?? name,
      ...rest,
      loadedAt: new Date(this.#started + Number(loadedAt / 1_000_000n)),
      ...(target !== undefined && { target }),
      attachedTo: attachments(info.id, links, holders),
      ...(cost !== undefined && { cost }),
      ...holders.of("program", info.id),
    };
  }

  #maps(programs: readonly ProgramInfo[], holders: HolderIndex): readonly MapView[] {
    return listMaps(this.#kernel).map(({ id, type, name, memoryBytes, extra: _extra, ...info }) => ({
      id,
      type,
      name,
      ...info,
      ...(memoryBytes !== undefined && { memoryBytes }),
      programIds: programs.filter(({ mapIds }) => mapIds.includes(id)).map((program) => program.id),
      ...holders.of("map", id),
    }));
  }

  #links(programs: ReadonlyMap<number, ProgramInfo>, holders: HolderIndex): readonly LinkView[] {
    return listLinks(this.#kernel).map((link) => {
      const program = programs.get(link.programId);
      return {
        id: link.id,
        kind: link.kind,
        programId: link.programId,
        programName:
          program === undefined
            ? ""
            : (this.types.nameOf(this.types.open(program.btfId), program.functionTypeId) ?? program.name),
        attachedTo: this.#places.ofLink(link, program),
        ...holders.of("link", link.id),
      };
    });
  }
}

/** By links; without one, by what processes have on perf events. */
function attachments(id: number, links: readonly LinkView[], holders: HolderIndex): readonly string[] {
  const own = links.filter(({ programId }) => programId === id);
  const places =
    own.length > 0
      ? own.map(({ attachedTo, kind }) => (attachedTo === "" ? kind : attachedTo))
      : holders.perfEvents.filter(({ programId }) => programId === id).map(({ place }) => place);
  return [...new Set(places)];
}

/** Milliseconds since 1970, to a hundredth of a second. */
function machineStart(): number {
  const uptime = Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]);
  return Date.now() - uptime * 1000;
}
