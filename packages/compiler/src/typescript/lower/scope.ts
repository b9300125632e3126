/** Names inside a handler, innermost scope first, then what the function captured from its module. */
import type { RegisteredFunction } from "../prepare/registry.ts";
import type { Binding } from "./value.ts";

export class Scope {
  readonly #names = new Map<string, Binding>();
  readonly #parent: Scope | undefined;
  /** The function around, whose captures are asked last. */
  readonly registered: RegisteredFunction;

  constructor(parent: Scope | RegisteredFunction) {
    if (parent instanceof Scope) {
      this.#parent = parent;
      this.registered = parent.registered;
    } else this.registered = parent;
  }

  /** Whether nothing of a handler is in it: the scope of a function of the module. */
  get isOfModule(): boolean {
    return this.#parent === undefined && this.#names.size === 0;
  }

  declare(name: string, binding: Binding): void {
    this.#names.set(name, binding);
  }

  find(name: string): Binding | undefined {
    return this.#names.get(name) ?? this.#parent?.find(name);
  }

  /** For suggestions. */
  *names(): Iterable<string> {
    yield* this.#names.keys();
    yield* this.#parent?.names() ?? Object.keys(this.registered.captures);
  }
}
