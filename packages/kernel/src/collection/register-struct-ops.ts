/** Puts a struct_ops map in force. */
import { Link } from "../links/link.ts";
import type { BpfMap } from "../maps/map.ts";
import { attachTypeId } from "../programs/attach-type.ts";
import { linkCreate } from "../sys/bpf/link-commands.ts";
import { MapFlag } from "../sys/constants.ts";
import type { Kernel } from "../sys/kernel.ts";

/**
 * Where the map was made for a link (section `.struct_ops.link`, 6.4) writing the value only prepares
 * it; else that registers it, and deleting it takes it back.
 */
export function registerStructOps(kernel: Kernel, map: BpfMap, value: Uint8Array): Link {
  const description = `struct_ops:${map.name}`;
  const key = new Uint8Array(map.layout.keySize);
  map.update(key, value);
  if ((map.flags & MapFlag.LINK) === 0) {
    return new Link(kernel, description, "struct_ops registration", [{ program: new Registration(map, key) }]);
  }
  // The map's descriptor stands where a program's does.
  const fd = linkCreate(kernel, { programFd: map.fd, target: 0, attachType: attachTypeId("struct_ops") }, description);
  return new Link(kernel, description, "struct_ops link", [{ program: fd }]);
}

class Registration {
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
