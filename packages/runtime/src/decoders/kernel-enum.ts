/** Values of the running kernel's enumerations by their names, which differ from kernel to kernel. */
import type { DecoderContext, DecoderKind } from "./decoder.ts";
import { integerDecoder } from "./decoder.ts";

export const kernelEnum: DecoderKind = {
  summary: "a value of the kernel's enumeration named by `key` (skb_drop_reason), as the running kernel calls it",
  make: ({ key }, { vmlinux }) => {
    if (key === undefined) throw new TypeError("decoder kernel_enum needs the enumeration's name as its key");
    let names: ReadonlyMap<number, string> | undefined;
    return integerDecoder((value) => (names ??= namesOf(key, vmlinux?.())).get(Number(value)) ?? value);
  },
};

function namesOf(name: string, btf: ReturnType<NonNullable<DecoderContext["vmlinux"]>>): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const kind of ["enum", "enum64"] as const)
    for (const id of btf?.find(name, kind) ?? []) {
      const type = btf!.type(id);
      if (type.kind !== "enum" && type.kind !== "enum64") continue;
      for (const each of type.values) names.set(Number(each.value), names.get(Number(each.value)) ?? each.name);
    }
  return names;
}
