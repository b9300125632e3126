/** The arguments of system calls. */
import type { Param } from "../types/prototypes.ts";
import { int, type IntType, type Type } from "../types/type.ts";
import { SYSCALLS } from "./syscalls-data.ts";

const ADDRESS: Type = { kind: "pointer", to: 0, user: true, followed: false };

/** By the name of the call: "openat". Undefined for one that is not known. */
export function syscallArguments(name: string): readonly Param[] | undefined {
  if (!/^\w+$/.test(name)) return undefined;
  const line = new RegExp(`^${name}( .*)?$`, "m").exec(SYSCALLS)?.[0];
  return line
    ?.split(" ")
    .slice(1)
    .map((each) => {
      const [param = "", type = ""] = each.split(":");
      return {
        name: param,
        type: type === "*" ? ADDRESS : int((Number(type.slice(1)) / 8) as IntType["size"], type[0] === "s"),
      };
    });
}
