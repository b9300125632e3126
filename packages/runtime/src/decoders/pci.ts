/**
 * Names of PCI vendors, devices and classes, from the database that distributions ship (Debian: pci.ids):
 *
 *     8086  Intel Corporation
 *     <tab>1000  82542 Gigabit Ethernet Controller (Fiber)
 *     C 02  Network controller
 *     <tab>00  Ethernet controller
 */
import { readFileSync } from "node:fs";
import type { Integer } from "../decode/value.ts";
import { integerDecoder, type DecoderKind } from "./decoder.ts";

const FILES = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"];

/** By "8086", "80861000", "C02", "C0200". */
type Names = ReadonlyMap<string, string>;

let database: Names | undefined;

function readNames(): Names {
  const names = new Map<string, string>();
  let above = "";
  for (const line of readFirst(FILES).split("\n")) {
    const [, indent = "", kind = "", id = "", name = ""] = /^(\t?)(C )?([0-9a-f]{2,4}) {2}(.*)$/.exec(line) ?? [];
    if (id === "") continue;
    if (indent === "") above = `${kind.trim()}${id}`;
    names.set(indent === "" ? above : `${above}${id}`, name);
  }
  return names;
}

function readFirst(files: readonly string[]): string {
  for (const file of files) {
    try {
      return readFileSync(file, "utf8");
    } catch {
      // The next distribution keeps it elsewhere.
    }
  }
  return "";
}

function lookUp(summary: string, keyOf: (id: number) => string, unknown: (id: number) => string): DecoderKind {
  return {
    summary,
    make: () =>
      integerDecoder((value: Integer) => {
        database ??= readNames();
        if (database.size === 0) return "missing pci.ids db";
        const id = Number(value);
        return database.get(keyOf(id)) ?? unknown(id);
      }),
  };
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

export const pciVendor: DecoderKind = lookUp(
  "a PCI vendor's id (0x8086) by its name",
  (id) => hex(id, 4),
  (id) => `unknown pci vendor: 0x${hex(id, 4)}`,
);
export const pciDevice: DecoderKind = lookUp(
  "a PCI vendor's and device's id (0x80861000) by the device's name",
  (id) => hex(id, 8),
  (id) => `unknown pci device: 0x${hex(id & 0xffff, 4)} (vendor 0x${hex(id >>> 16, 4)})`,
);
export const pciClass: DecoderKind = lookUp(
  "a PCI class (0x02) by its name",
  (id) => `C${hex(id, 2)}`,
  (id) => `unknown pci class: 0x${hex(id, 2)}`,
);
export const pciSubclass: DecoderKind = lookUp(
  "a PCI class and subclass (0x0200) by the subclass's name",
  (id) => `C${hex(id, 4)}`,
  (id) => `unknown pci subclass: 0x${hex(id & 0xff, 2)} (class 0x${hex(id >>> 8, 2)})`,
);
