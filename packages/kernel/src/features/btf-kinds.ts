/** Kinds of types, by loading one of each. What a kernel does not know is replaced when an object is loaded. */
import { BtfBuilder } from "@sonde/bpf/btf";
import { FileDescriptor, btfLoad, errnoName } from "../sys/index.ts";
import { type Feature, type ProbeContext, type Verdict, YES, no } from "./feature.ts";

export function btfKindFeatures(): readonly Feature[] {
  return [
    kind("functions", "5.0", (builder) => builder.func("f", prototype(builder), "static")),
    kind("variables and data sections", "5.2", (builder) => {
      const variable = builder.var("v", int(builder), "global");
      builder.datasec(".data", 4, [{ type: variable, offset: 0, size: 4 }]);
    }),
    kind("global functions", "5.6", (builder) => builder.func("f", prototype(builder), "global")),
    kind("floating point", "5.13", (builder) => builder.float("double", 8)),
    kind("declaration tags", "5.16", (builder) =>
      builder.declTag("tag", builder.struct("s", 4, [{ name: "m", type: int(builder), bitOffset: 0 }]), -1),
    ),
    kind("type tags", "5.17", (builder) => builder.ptr(builder.typeTag("user", int(builder)))),
    kind("enums of 64 bits", "6.0", (builder) => builder.enum("e", 8, false, [{ name: "large", value: 1n << 40n }])),
  ];
}

function int(builder: BtfBuilder): number {
  return builder.int("int", 4, "signed");
}

function prototype(builder: BtfBuilder): number {
  return builder.funcProto(int(builder), [{ name: "a", type: int(builder) }]);
}

function kind(name: string, since: string, build: (builder: BtfBuilder) => void): Feature {
  return {
    name,
    since,
    probe: ({ kernel }: ProbeContext): Verdict => {
      const builder = new BtfBuilder();
      build(builder);
      const result = btfLoad(kernel, builder.encode());
      if (result < 0) return no(`BPF_BTF_LOAD: ${errnoName(-result)}`);
      new FileDescriptor(result).close();
      return YES;
    },
  };
}
