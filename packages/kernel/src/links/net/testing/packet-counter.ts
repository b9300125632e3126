/** For tests: programs of any type that count how often they run, and answer what they are told to. */
import {
  type Instruction,
  alu64Imm,
  callHelper,
  helperId,
  jumpIf,
  jumpIfImm,
  load,
  mov64,
  mov64Imm,
} from "@sonde/bpf/asm";
import type { AttachType } from "@sonde/bpf/spec";
import { attachTypeId } from "../../../programs/attach-type.ts";
import type { Kernel } from "../../../sys/index.ts";
import { CountingProgram, type CountingRequest } from "../../testing/counting-program.ts";

export interface PacketCounterRequest extends Pick<CountingRequest, "type" | "only" | "then" | "maps" | "flags"> {
  readonly attachType?: AttachType;
  /** What it returns; "length" is the packet's (the first field of struct __sk_buff). */
  readonly returns: number | "length";
}

export class PacketCounter extends CountingProgram {
  constructor(kernel: Kernel, { attachType, returns, ...request }: PacketCounterRequest) {
    super(kernel, {
      ...request,
      answer: returns === "length" ? load(4, 0, 6, 0) : mov64Imm(0, returns),
      ...(attachType !== undefined && { expectedAttachType: attachTypeId(attachType) }),
    });
  }
}

/** EtherType for local experiments (IEEE 802), in the order of the wire: nothing else sends it. */
export const TEST_PROTOCOL = 0xb588;

/** For `only`, in programs with struct __sk_buff: frames of {@link TEST_PROTOCOL}. */
export function testFramesOfSkb(): Instruction[] {
  return [load(4, 2, 6, 16), jumpIfImm("JNE", 64, 2, TEST_PROTOCOL, "out")];
}

/** For `only`, in XDP programs: the same, read from the packet itself. */
export function testFramesOfXdp(): Instruction[] {
  return [
    load(4, 2, 6, 0),
    load(4, 3, 6, 4),
    mov64(4, 2),
    alu64Imm("ADD", 4, 14),
    jumpIf("JGT", 64, 4, 3, "out"),
    load(2, 2, 2, 12),
    jumpIfImm("JNE", 64, 2, TEST_PROTOCOL, "out"),
  ];
}

/** For `then`: the flow of a packet is found out anew. */
export function rehash(): Instruction[] {
  return (["set_hash_invalid", "get_hash_recalc"] as const).flatMap((name) => [
    mov64(1, 6),
    callHelper(helperId(name)),
  ]);
}
