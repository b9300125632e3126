/** Puts struct_ops maps in force. */
import { Link } from "../links/link.ts";
import type { BpfMap } from "../maps/map.ts";
import { attachTypeId } from "../programs/attach-type.ts";
import { linkCreate } from "../sys/bpf/link-commands.ts";
import { MapFlag } from "../sys/constants.ts";
import type { Kernel } from "../sys/kernel.ts";

/**
 * A struct_ops map, ready to be put in force. Where it was made for a link (section `.struct_ops.link`, 6.4)
 * writing its value only prepares it; else that registers it, and deleting it takes it back.
 */
export class StructOpsRegistration {
  readonly #kernel: Kernel;
  readonly #map: BpfMap;
  readonly #value: Uint8Array;
  #written = false;

  constructor(kernel: Kernel, map: BpfMap, value: Uint8Array) {
    this.#kernel = kernel;
    this.#map = map;
    this.#value = value;
  }

  get fd(): number {
    return this.#map.fd;
  }

  /** Whether its link can be given another map in its place. */
  get byLink(): boolean {
    return (this.#map.flags & MapFlag.LINK) !== 0;
  }

  /** Writes the value, which the kernel takes once. */
  prepare(): void {
    if (this.#written) return;
    this.#map.update(new Uint8Array(this.#map.layout.keySize), this.#value);
    this.#written = true;
  }

  register(): Link {
    const description = `struct_ops:${this.#map.name}`;
    this.prepare();
    if (!this.byLink) {
      const program = new Registered(this.#map, new Uint8Array(this.#map.layout.keySize));
      return new Link(this.#kernel, description, "struct_ops registration", [{ program }]);
    }
    // The map's descriptor stands where a program's does.
    const request = { programFd: this.fd, target: 0, attachType: attachTypeId("struct_ops") };
    return new Link(this.#kernel, description, "struct_ops link", [
      { program: linkCreate(this.#kernel, request, description) },
    ]);
  }
}

class Registered {
  readonly #map: BpfMap;
  readonly #key: Uint8Array;
  #closed = false;

  constructor(map: BpfMap, key: Uint8Array) {
    this.#map = map;
    this.#key = key;
  }

  get fd(): number {
    return this.#map.fd;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#map.delete(this.#key);
  }

  closeAside(): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
