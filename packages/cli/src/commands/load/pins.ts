/** Gives loaded objects paths on a BPF file system: DIR/PROGRAM, DIR/maps/MAP, DIR/links/PROGRAM. */
import { existsSync, mkdirSync, rmdirSync, statfsSync, unlinkSync } from "node:fs";
import path from "node:path";
import type { Kernel } from "@sonde/kernel/sys";
import type { LiveObject } from "./live-object.ts";

/** f_type of a BPF file system. */
const BPF_FS_MAGIC = 0xcafe4a11;
const STANDARD_MOUNT = "/sys/fs/bpf";

/** Paths and folders that were made, so that they can be taken back. */
export class Pins {
  readonly #folder: string;
  readonly #made: string[] = [];
  readonly #folders: string[] = [];

  /** Errors: where `folder` is on no BPF file system; the standard one is mounted if it is missing. */
  constructor(kernel: Kernel, folder: string) {
    this.#folder = path.resolve(folder);
    const mounted = nearestFolder(this.#folder);
    if (isBpf(mounted)) return;
    const isStandard = this.#folder === STANDARD_MOUNT || this.#folder.startsWith(`${STANDARD_MOUNT}/`);
    if (isStandard && kernel.mount(STANDARD_MOUNT, "bpf") >= 0) return;
    throw new Error(
      `${this.#folder} is not on a BPF file system: choose a folder below ${STANDARD_MOUNT}, or mount one (mount -t bpf bpf ${mounted})`,
    );
  }

  /** What has been pinned. */
  get paths(): readonly string[] {
    return this.#made;
  }

  /** Errors: KernelError (EEXIST), TypeError for attachments that are no BPF links. */
  pin({ collection, links }: LiveObject): void {
    for (const program of collection?.programs ?? []) this.#pin("", program.name, (file) => program.pin(file));
    for (const map of collection?.maps ?? []) this.#pin("maps", map.name, (file) => map.pin(file));
    for (const { program, link } of links) this.#pin("links", program, (file) => link.pin(file));
  }

  undo(): void {
    for (const file of this.#made.splice(0).reverse()) ignoringErrors(() => unlinkSync(file));
    for (const folder of this.#folders.splice(0).reverse()) ignoringErrors(() => rmdirSync(folder));
  }

  #pin(kind: string, name: string, pin: (file: string) => void): void {
    const folder = path.join(this.#folder, kind);
    this.#makeFolder(folder);
    // Names on this file system have no dots. One program may have several loads or links.
    const plain = name.replaceAll(".", "_");
    let file = path.join(folder, plain);
    for (let i = 2; this.#made.includes(file); i++) file = path.join(folder, `${plain}-${i}`);
    pin(file);
    this.#made.push(file);
  }

  #makeFolder(folder: string): void {
    if (existsSync(folder)) return;
    this.#makeFolder(path.dirname(folder));
    mkdirSync(folder);
    this.#folders.push(folder);
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(path.dirname(folder));
}

function isBpf(folder: string): boolean {
  return statfsSync(folder).type === BPF_FS_MAGIC;
}

function ignoringErrors(work: () => void): void {
  try {
    work();
  } catch {
    // Somebody was there before: what matters is told by the error that led here.
  }
}
