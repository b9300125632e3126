/** The modules of a monitor: found, prepared, and run once, each after those that it imports. */
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { compileFunction } from "node:vm";
import { refuse, type SourceText } from "@sonde/compiler/diagnostics";
import {
  declarationMessages,
  PROBE_MODULE,
  prepareModule,
  type ModuleGraph,
  type PreparedModule,
  type Registry,
} from "@sonde/compiler/typescript";

/** Larger files are not what somebody wrote. */
const MOST_BYTES = 4 << 20;

export class ModuleLoader {
  /** The texts by their files, as stacks name them. */
  readonly sources: Map<string, SourceText> = new Map();
  readonly #registry: Registry;
  readonly #probe: object;
  readonly #prepared = new Map<string, PreparedModule>();
  readonly #files = new Map<PreparedModule, string>();
  readonly #running = new Map<string, { namespace: object | undefined }>();

  constructor(registry: Registry, probe: object) {
    this.#registry = registry;
    this.#probe = probe;
  }

  /** Where types are looked for that a module imports from another one. */
  readonly graph: ModuleGraph = (from, specifier) => {
    const file = this.#fileOf(this.#files.get(from) ?? "", specifier);
    return file === undefined || file.endsWith(".json") ? undefined : this.#prepare(file);
  };

  read(file: string): SourceText {
    const full = path.resolve(file);
    let source = this.sources.get(full);
    if (source === undefined) {
      const bytes = readFileSync(full);
      if (bytes.length > MOST_BYTES) throw new Error(`${file} is larger than 4 MiB, the most that a module may be`);
      // Named as it was asked for, so that what is built does not depend on where it was.
      const name = full === path.resolve(file) && !path.isAbsolute(file) ? file : path.basename(full);
      source = { name, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
      this.sources.set(full, source);
    }
    return source;
  }

  /** Runs the module, unless it ran already; what it exports. */
  async load(file: string): Promise<object> {
    const full = path.resolve(file);
    const known = this.#running.get(full);
    if (known?.namespace !== undefined) return known.namespace;
    const state: { namespace: object | undefined } = { namespace: undefined };
    this.#running.set(full, state);
    const module = this.#prepare(full);
    const runtime = this.#registry.runtime(module, (specifier) => this.#import(module, full, specifier));
    const run = compileFunction(module.code, ["$sonde"], { filename: full }) as (given: object) => Promise<void>;
    await run(runtime);
    state.namespace = runtime.namespace;
    return runtime.namespace;
  }

  #prepare(full: string): PreparedModule {
    let module = this.#prepared.get(full);
    if (module === undefined) {
      module = prepareModule(this.read(full));
      this.#prepared.set(full, module);
      this.#files.set(module, full);
    }
    return module;
  }

  async #import(from: PreparedModule, importer: string, specifier: string): Promise<object> {
    if (specifier === PROBE_MODULE) return this.#probe;
    const at = specifier.length === 0 ? -1 : from.source.text.indexOf(specifier);
    const span = { start: Math.max(at, 0), end: Math.max(at, 0) + specifier.length, source: from.source };
    const fail = (reason: string): never => refuse(declarationMessages.noModule, span, specifier, reason);
    if (!/^\.{1,2}\//.test(specifier)) {
      try {
        return createRequire(importer)(specifier) as object;
      } catch (error) {
        return fail((error as Error).message.split("\n")[0]!);
      }
    }
    const file = this.#fileOf(importer, specifier);
    if (file === undefined) return fail(`there is no file ${path.resolve(path.dirname(importer), specifier)}`);
    if (file.endsWith(".json")) return { default: JSON.parse(readFileSync(file, "utf8")) as unknown };
    const known = this.#running.get(file);
    if (known !== undefined && known.namespace === undefined) return fail("the two modules import each other");
    return await this.load(file);
  }

  /** The file behind a relative specifier, written with the extension of the source, of its output, or none. */
  #fileOf(importer: string, specifier: string): string | undefined {
    if (!/^\.{1,2}\//.test(specifier)) return undefined;
    const plain = path.resolve(path.dirname(importer), specifier);
    const candidates = [plain, plain.replace(/\.(m?)js$/, ".$1ts"), `${plain}.ts`, path.join(plain, "index.ts")];
    return candidates.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  }
}
