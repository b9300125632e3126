/** For tests: programs of any type that count how often they run, and answer what they are told to. */
import {
  type Instruction,
  alu64Imm,
  atomicAdd,
  callHelper,
  encode,
  exit,
  helperId,
  jumpIf,
  jumpIfImm,
  layout,
  load,
  loadMapValue,
  mov64,
  mov64Imm,
  withLabel,
} from "@sonde/bpf/asm";
import type { AttachType, ProgramType } from "@sonde/bpf/spec";
import { attachTypeId } from "../../../programs/attach-type.ts";
import {
  BpfCommand,
  FileDescriptor,
  type Kernel,
  MapTypeId,
  ProgramTypeId,
  checked,
  mapCreate,
  objectInfo,
  programLoadAttr,
} from "../../../sys/index.ts";

export interface PacketCounterRequest {
  readonly type: ProgramType;
  readonly attachType?: AttachType;
  /** What it returns; "length" is the packet's (the first field of struct __sk_buff). */
  readonly returns: number | "length";
  /** Code that goes to the label "out" for what is not to be counted; the context is in register 6. */
  readonly only?: readonly Instruction[];
  /** Code that runs after counting; it may exit by itself. */
  readonly then?: readonly Instruction[];
  /** Descriptors of the maps that it names. */
  readonly maps?: Readonly<Record<string, number>>;
  /** BPF_F_* of BPF_PROG_LOAD. */
  readonly flags?: number;
}

export class PacketCounter {
  readonly #kernel: Kernel;
  readonly #map: FileDescriptor;
  readonly #program: FileDescriptor;

  constructor(kernel: Kernel, request: PacketCounterRequest) {
    this.#kernel = kernel;
    this.#map = mapCreate(kernel, {
      type: MapTypeId.array,
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
      flags: 0,
      name: "count",
    });
    const instructions = encode(layout(program(request)), { map: (name) => request.maps?.[name] ?? this.#map.fd });
    const attr = programLoadAttr(kernel.attr(0), {
      type: ProgramTypeId[request.type],
      instructions,
      license: "GPL",
      name: "count",
      flags: request.flags ?? 0,
      ...(request.attachType !== undefined && { expectedAttachType: attachTypeId(request.attachType) }),
    });
    const subject = `a counting program (${request.type}, ${request.attachType ?? "any"})`;
    this.#program = new FileDescriptor(checked(kernel.bpf(BpfCommand.PROG_LOAD, attr), "BPF_PROG_LOAD", subject));
  }

  get fd(): number {
    return this.#program.fd;
  }

  /** The kernel's number for the program. */
  get id(): number {
    return objectInfo(this.#kernel, this.fd, 8, "a counting program").getUint32(4, true);
  }

  /** How often it has run. */
  get count(): number {
    const attr = this.#kernel.attr(32);
    attr.u32(0, this.#map.fd);
    attr.pointer(8, new Uint8Array(4));
    const value = attr.output(16, 8);
    checked(this.#kernel.bpf(BpfCommand.MAP_LOOKUP_ELEM, attr), "BPF_MAP_LOOKUP_ELEM", "the count");
    return Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true));
  }

  [Symbol.dispose](): void {
    this.#program.close();
    this.#map.close();
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

function program({ returns, only = [], then = [] }: PacketCounterRequest): Instruction[] {
  const answer = returns === "length" ? load(4, 0, 6, 0) : mov64Imm(0, returns);
  return [
    mov64(6, 1),
    ...only,
    loadMapValue(1, "count", 0),
    mov64Imm(2, 1),
    atomicAdd(8, 1, 0, 2),
    ...then,
    withLabel(answer, "out"),
    exit(),
  ];
}
