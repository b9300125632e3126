/** For tests of links: a loaded program that counts how often it runs, and the count. */
import {
  type Instruction,
  atomicAdd,
  encode,
  exit,
  layout,
  loadMapValue,
  mov64,
  mov64Imm,
  withLabel,
} from "@sonde/bpf/asm";
import type { ProgramType } from "@sonde/bpf/spec";
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
} from "../../sys/index.ts";

export interface CountingRequest {
  readonly type: ProgramType;
  /** Code that goes to the label "out" for what is not to be counted; the context is in register 6. */
  readonly only?: readonly Instruction[];
  /** Code that runs after counting; it may exit by itself. */
  readonly then?: readonly Instruction[];
  /** Puts what the program returns into register 0; 0 unless given. */
  readonly answer?: Instruction;
  /** Descriptors of the maps that `only` and `then` name. */
  readonly maps?: Readonly<Record<string, number>>;
  readonly expectedAttachType?: number;
  readonly attachBtfId?: number;
  /** BPF_F_* of BPF_PROG_LOAD. */
  readonly flags?: number;
}

export class CountingProgram {
  readonly #kernel: Kernel;
  readonly #map: FileDescriptor;
  readonly #program: FileDescriptor;

  constructor(kernel: Kernel, request: CountingRequest) {
    this.#kernel = kernel;
    const shape = { type: MapTypeId.array, keySize: 4, valueSize: 8, maxEntries: 1, flags: 0 };
    this.#map = mapCreate(kernel, { ...shape, name: "count" });
    const attr = programLoadAttr(kernel.attr(0), {
      type: ProgramTypeId[request.type],
      instructions: encode(layout(code(request)), { map: (name) => request.maps?.[name] ?? this.#map.fd }),
      license: "GPL",
      name: "count",
      flags: request.flags ?? 0,
      expectedAttachType: request.expectedAttachType ?? 0,
      attachBtfId: request.attachBtfId ?? 0,
    });
    const subject = `a counting program (${request.type})`;
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

function code({ only = [], then = [], answer = mov64Imm(0, 0) }: CountingRequest): Instruction[] {
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
