/** What an object's programs need before they are loaded, and what needs the loaded programs: types, externs, maps. */
import { rmSync } from "node:fs";
import { addStrings, BtfReader, sourceTexts } from "@sonde/bpf/btf";
import type { Btf } from "@sonde/bpf/btf";
import { kernelTypes as definedTypes } from "@sonde/bpf/elf";
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";
import { helper } from "../features/helpers.ts";
import { createMap } from "../maps/create.ts";
import type { BpfMap } from "../maps/map.ts";
import { pinnedMap } from "../maps/pin.ts";
import type { AttachPoint } from "../programs/attach-point.ts";
import type { ObjectBtf, ObjectContext } from "../programs/encode.ts";
import { KernelTypes } from "../programs/kernel-types.ts";
import { loadObjectBtf } from "../programs/object-btf.ts";
import type { LoadedBtf } from "../programs/object-btf.ts";
import { NO_SYMBOLS, resolveSymbols } from "../programs/symbols.ts";
import { hasSyscallWrapper } from "../programs/syscall-wrapper.ts";
import type { Kernel } from "../sys/kernel.ts";
import type { LoadReport } from "./collection.ts";
import { kconfigValues, kernelVersionCode, readKernelConfig } from "./kernel-config.ts";
import type { KconfigSpec } from "./kernel-config.ts";
import type { LoadOptions } from "./options.ts";
import { reusedMap } from "./reused-map.ts";
import { createStructOps, filledValue, structOpsOf } from "./struct-ops.ts";
import type { StructOps } from "./struct-ops.ts";

const PIN_ROOT = "/sys/fs/bpf";

export class ObjectLoading {
  readonly maps: Map<string, BpfMap> = new Map();
  /** What this kernel was too old for, and what was done instead. */
  readonly rewritten: string[] = [];
  readonly pinned: string[] = [];
  readonly #kernel: Kernel;
  readonly #spec: ObjectSpec;
  readonly #options: LoadOptions;
  readonly #kernelTypes: KernelTypes;
  readonly #structOps = new Map<string, StructOps>();
  #btf: LoadedBtf | undefined;
  #context: ObjectContext | undefined;

  constructor(kernel: Kernel, spec: ObjectSpec, options: LoadOptions) {
    this.#kernel = kernel;
    this.#spec = spec;
    this.#options = options;
    this.#kernelTypes = new KernelTypes(kernel, options.vmlinux);
  }

  /** For the programs. Throws before {@link open}. */
  get context(): ObjectContext {
    if (this.#context === undefined) throw new Error(`object '${this.#spec.name}' is not open yet`);
    return this.#context;
  }

  get types(): LoadReport["types"] {
    if (this.#btf === undefined) return "none";
    return this.#btf.reduced ? "reduced" : "whole";
  }

  /** Loads the object's types, finds what it takes from the kernel, creates its maps. */
  open(): void {
    const { license, externs = [], version } = this.#spec;
    const { vmlinux, coreTypes, targetPrograms } = this.#options;
    const btf = this.#openBtf();
    const local = (): Btf => this.#localTypes(btf);
    for (const map of this.#createdMaps()) {
      if (map.type === "struct_ops") this.#structOps.set(map.name, structOpsOf(map, local(), this.#kernelTypes));
    }
    const symbols = externs.length === 0 ? NO_SYMBOLS : resolveSymbols(externs, local, this.#kernelTypes);
    for (const map of this.#createdMaps()) this.maps.set(map.name, this.#createMap(map, btf));
    this.#fillOuterMaps();
    const absentMaps = new Set(
      this.#spec.maps.filter(({ autocreate }) => autocreate === false).map(({ name }) => name),
    );
    const linked = symbols.byName.size > 0 || absentMaps.size > 0;
    this.#context = {
      license,
      mapFd: (map) => this.#mapFd(map),
      btf,
      vmlinux,
      kernelTypes: this.#kernelTypes,
      resolutions: new Map(),
      ...(coreTypes && { coreTypes }),
      ...(targetPrograms && { targetPrograms }),
      ...(linked && { linkage: { symbols, absentMaps } }),
      ...(version !== undefined && { version }),
    };
  }

  /** How a struct_ops program is loaded; undefined for programs that no struct_ops map has. */
  structOpsPoint(program: string): readonly AttachPoint[] | undefined {
    for (const { points } of this.#structOps.values()) {
      const point = points.get(program);
      if (point !== undefined) return [point];
    }
    return undefined;
  }

  /** Puts programs where maps refer to them; returns the values of struct_ops maps, to be registered. */
  fillMaps(program: (name: string) => { readonly fd: number } | undefined): Map<string, Uint8Array> {
    for (const { name, type, references = [] } of this.#createdMaps()) {
      if (type === "struct_ops") continue;
      for (const reference of references.filter(({ kind }) => kind === "program")) {
        const found = program(reference.name);
        if (found !== undefined) this.maps.get(name)?.update(word(reference.at), word(found.fd));
      }
    }
    return new Map(
      Array.from(this.#structOps, ([name, map]): [string, Uint8Array] => [
        name,
        filledValue(map, (wanted) => program(wanted)?.fd),
      ]),
    );
  }

  /** Programs and maps hold the types themselves. */
  closeTypes(): void {
    this.#btf?.fd.close();
    this.#kernelTypes.close();
  }

  undo(): void {
    for (const map of this.maps.values()) map.close();
    for (const path of this.pinned) rmSync(path, { force: true });
    this.closeTypes();
  }

  /** The source lines of all programs go into the object's BTF before the kernel gets it: line info refers to them there. */
  #openBtf(): ObjectBtf | undefined {
    const { name, btf, programs } = this.#spec;
    if (btf.length === 0) return undefined;
    const lines = new Set(programs.flatMap(({ instructions }) => [...sourceTexts(instructions)]));
    const texts = addStrings(definedTypes(this.#spec), lines);
    this.#btf = loadObjectBtf(this.#kernel, texts.btf, `object '${name}'`);
    if (this.#btf.reduced)
      this.rewritten.push("the object's types: kinds that came after Linux 5.10 are replaced by older ones");
    let types: Btf | undefined;
    return { fd: this.#btf.fd.fd, stringOffset: texts.offset, types: () => (types ??= new BtfReader(btf)) };
  }

  #localTypes(btf: ObjectBtf | undefined): Btf {
    if (btf === undefined)
      throw new TypeError(
        `object '${this.#spec.name}' takes things from the kernel by their types, but has no BTF: compile it with -g`,
      );
    return btf.types();
  }

  #createdMaps(): readonly MapSpec[] {
    return this.#spec.maps.filter(({ autocreate }) => autocreate !== false);
  }

  #createMap(spec: MapSpec, btf: ObjectBtf | undefined): BpfMap {
    const { maps = {}, pinRoot = PIN_ROOT } = this.#options;
    const debug = (message: string): void => void this.rewritten.push(message);
    const structOps = this.#structOps.get(spec.name);
    if (structOps !== undefined) return createStructOps(this.#kernel, structOps, this.#btf?.fd.fd ?? 0);
    const existing = maps[spec.name];
    if (existing !== undefined) return reusedMap(this.#kernel, spec, existing.fd, btf?.types(), existing.types);
    const filled = spec.name === ".kconfig" ? { ...spec, data: this.#kconfig(spec, btf) } : spec;
    if (spec.pinning === "byName") {
      const options = { debug, ...(btf !== undefined && { btfFd: btf.fd, types: btf.types() }) };
      const path = `${pinRoot}/${spec.name}`;
      const { map, reused } = pinnedMap(this.#kernel, filled, path, options);
      if (!reused) this.pinned.push(path);
      return map;
    }
    return createMap(this.#kernel, filled, btf?.fd, { debug });
  }

  #kconfig({ valueSize }: MapSpec, btf: ObjectBtf | undefined): Uint8Array {
    const values = (this.#spec.externs ?? []).filter((extern): extern is KconfigSpec => extern.kind === "kconfig");
    return kconfigValues(values, valueSize, this.#localTypes(btf), {
      version: () => kernelVersionCode(),
      config: readKernelConfig,
      hasBpfCookie: () => helper({ kernel: this.#kernel }, "get_attach_cookie").supported,
      hasSyscallWrapper: () => hasSyscallWrapper(this.#options.vmlinux),
    });
  }

  #fillOuterMaps(): void {
    for (const { name, references = [] } of this.#createdMaps()) {
      for (const { kind, at, name: inner } of references) {
        if (kind === "map") this.maps.get(name)?.update(word(at), word(this.#mapFd(inner)));
      }
    }
  }

  #mapFd(name: string): number {
    const map = this.maps.get(name);
    if (map === undefined)
      throw new Error(`object '${this.#spec.name}' refers to a map '${name}' that it does not define`);
    return map.fd;
  }
}

/** Keys and descriptors in maps: four bytes. */
function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
