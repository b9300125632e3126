/** Functions of the kernel (kfuncs) that compiled programs call, as C declares them. */
import type { BtfBuilder, TypeId } from "@sonde/bpf/btf";

export type KernelFunctionName = "bpf_iter_num_new" | "bpf_iter_num_next" | "bpf_iter_num_destroy";

interface KernelFunction {
  /** Its type in an object's BTF, which the loader holds against the kernel's. */
  readonly prototype: (types: BtfBuilder) => TypeId;
}

export const KERNEL_FUNCTIONS: Readonly<Record<KernelFunctionName, KernelFunction>> = {
  bpf_iter_num_new: {
    prototype: (types) =>
      types.funcProto(int(types), [
        { name: "it", type: numberIterator(types) },
        { name: "start", type: int(types) },
        { name: "end", type: int(types) },
      ]),
  },
  bpf_iter_num_next: {
    prototype: (types) => types.funcProto(types.ptr(int(types)), [{ name: "it", type: numberIterator(types) }]),
  },
  bpf_iter_num_destroy: {
    prototype: (types) => types.funcProto(0, [{ name: "it", type: numberIterator(types) }]),
  },
};

function int(types: BtfBuilder): TypeId {
  return types.int("int", 4, "signed");
}

/** `struct bpf_iter_num *`. */
function numberIterator(types: BtfBuilder): TypeId {
  const word = types.int("unsigned long long", 8, "unsigned");
  return types.ptr(types.struct("bpf_iter_num", 8, [{ name: "__opaque", type: types.array(word, 1), bitOffset: 0 }]));
}
