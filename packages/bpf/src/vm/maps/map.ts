/** What every simulated map has. */
import type { MapSpec } from "../../spec/spec.ts";
import type { Memory } from "../memory.ts";

export abstract class VmMap {
  readonly spec: MapSpec;
  /** What programs hold instead of the map itself. */
  readonly address: bigint;

  constructor(memory: Memory, spec: MapSpec) {
    this.spec = spec;
    this.address = memory.map({
      name: `map '${spec.name}' itself, which only helpers can use`,
      writable: false,
      bytes: new Uint8Array(0),
      object: this,
    }).address;
  }

  get name(): string {
    return this.spec.name;
  }
}
