/** What a running module is given as `$sonde`, and what it leaves behind. */
import type { FunctionNode } from "../syntax/ast.ts";
import type { CallSite, PreparedModule } from "./prepare.ts";

/** The tree of a function that ran into being at build time, and what it captured. */
export interface RegisteredFunction {
  readonly node: FunctionNode;
  readonly module: PreparedModule;
  /** Reads a captured name as it is now; throws ReferenceError for what is not declared. */
  readonly captures: Readonly<Record<string, () => unknown>>;
}

/** Where something was declared. */
export interface Site extends CallSite {
  readonly module: PreparedModule;
}

/** Functions of `sonde/probe` that want to know where they are called: they read it from {@link Registry.site}. */
export class Registry {
  readonly #functions = new WeakMap<object, RegisteredFunction>();
  #site: Site | undefined;

  /** The call that is being made. Only while a function of `sonde/probe` runs. */
  get site(): Site | undefined {
    return this.#site;
  }

  functionOf(value: unknown): RegisteredFunction | undefined {
    return typeof value === "function" ? this.#functions.get(value) : undefined;
  }

  /** The `$sonde` of one module. */
  runtime(module: PreparedModule, load: (specifier: string) => Promise<object>): ModuleRuntime {
    const exports: Record<string, unknown> = {};
    return {
      f: (id, fn, captures) => {
        const node = module.functions[id];
        if (node === undefined) throw new Error(`no function ${id} in ${module.source.name}`);
        this.#functions.set(fn, { node, module, captures });
        return fn;
      },
      at: (id, fn) => {
        const call = module.calls[id];
        if (call === undefined || typeof fn !== "function") return fn;
        return (...args: readonly unknown[]): unknown => {
          const outer = this.#site;
          this.#site = { ...call, module };
          try {
            return (fn as (...given: readonly unknown[]) => unknown)(...args);
          } finally {
            this.#site = outer;
          }
        };
      },
      enum: enumeration,
      import: load,
      reexport: async (specifier) =>
        void Object.defineProperties(exports, Object.getOwnPropertyDescriptors(await load(specifier))),
      exports: (getters) => {
        for (const [name, get] of Object.entries(getters))
          Object.defineProperty(exports, name, { get, enumerable: true });
      },
      namespace: exports,
    };
  }
}

export interface ModuleRuntime {
  f(id: number, fn: object, captures: Readonly<Record<string, () => unknown>>): unknown;
  at(id: number, fn: unknown): unknown;
  enum(members: readonly (readonly [name: string, value?: unknown])[]): Readonly<Record<string, unknown>>;
  import(specifier: string): Promise<object>;
  reexport(specifier: string): Promise<void>;
  exports(getters: Readonly<Record<string, () => unknown>>): void;
  /** What the module exports. */
  readonly namespace: Readonly<Record<string, unknown>>;
}

/** As TypeScript makes it: numbers count on from the member before; they lead back to the name. */
function enumeration(members: readonly (readonly [name: string, value?: unknown])[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  let next = 0;
  for (const [name, value = next] of members) {
    result[name] = value;
    if (typeof value !== "number") continue;
    result[value] = name;
    next = value + 1;
  }
  return result;
}
