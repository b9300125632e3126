/** For tests of links: programs that count how often they run for one process. */
import {
  alu64Imm,
  atomicAdd,
  callHelper,
  encode,
  exit,
  helperId,
  jumpIfImm,
  layout,
  load,
  loadMapValue,
  mov64,
  mov64Imm,
  withLabel,
  type Instruction,
} from "@sonde/bpf/asm";
import {
  BpfCommand,
  FileDescriptor,
  type Kernel,
  MapTypeId,
  type ProgramLoadRequest,
  ProgramTypeId,
  checked,
  mapCreate,
  programLoadAttr,
} from "../../sys/index.ts";

export interface CounterRequest {
  readonly type: keyof typeof ProgramTypeId;
  /** Count only what this process does; every process unless given. */
  readonly pid?: number;
  /** Count only where the u64 at an offset of the context has this value. */
  readonly where?: { readonly offset: number; readonly equals: number };
  readonly expectedAttachType?: number;
  readonly attachBtfId?: number;
}

/** A loaded program and its count. */
export class EventCounter {
  readonly #kernel: Kernel;
  readonly #map: FileDescriptor;
  readonly #program: FileDescriptor;

  constructor(kernel: Kernel, request: CounterRequest) {
    this.#kernel = kernel;
    this.#map = mapCreate(kernel, {
      type: MapTypeId.array,
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
      flags: 0,
      name: "count",
    });
    const instructions = encode(layout(countingProgram(request)), { map: () => this.#map.fd });
    const load: ProgramLoadRequest = {
      type: ProgramTypeId[request.type],
      instructions,
      license: "GPL",
      name: "count",
      expectedAttachType: request.expectedAttachType ?? 0,
      attachBtfId: request.attachBtfId ?? 0,
    };
    const result = kernel.bpf(BpfCommand.PROG_LOAD, programLoadAttr(kernel.attr(0), load));
    this.#program = new FileDescriptor(checked(result, "BPF_PROG_LOAD", "a counting program"));
  }

  get fd(): number {
    return this.#program.fd;
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

function countingProgram({ pid, where }: CounterRequest): Instruction[] {
  const code: Instruction[] = [mov64(6, 1)];
  if (where !== undefined) code.push(load(8, 1, 6, where.offset), jumpIfImm("JNE", 64, 1, where.equals, "out"));
  if (pid !== undefined) {
    code.push(
      callHelper(helperId("get_current_pid_tgid")),
      alu64Imm("RSH", 0, 32),
      jumpIfImm("JNE", 64, 0, pid, "out"),
    );
  }
  code.push(
    loadMapValue(1, "count", 0),
    mov64Imm(2, 1),
    atomicAdd(8, 1, 0, 2),
    withLabel(mov64Imm(0, 0), "out"),
    exit(),
  );
  return code;
}
