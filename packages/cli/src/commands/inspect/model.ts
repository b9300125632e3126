/** What `sonde inspect` shows, as plain data: the tables, the detail views and the JSON are made from it. */
import type { BtfInfo, Cost, HoldingProcess } from "@sonde/kernel/objects";

export interface ProgramView {
  readonly id: number;
  readonly type: string;
  /** In full where its BTF has it; else the kernel's, of 15 characters. */
  readonly name: string;
  readonly tag: string;
  readonly loadedAt: Date;
  readonly uid: number;
  readonly gplCompatible: boolean;
  readonly translatedBytes: number;
  readonly jitedBytes: number;
  readonly verifiedInstructions: number;
  /** Totals while statistics were on. */
  readonly runs: bigint;
  readonly nanoseconds: bigint;
  readonly recursionMisses: bigint;
  readonly mapIds: readonly number[];
  readonly btfId: number;
  /** What it was verified for, by BTF: "fentry:vfs_read"; absent where its type does not say. */
  readonly target?: string;
  /** "tracepoint:sched_switch"; once each, however many links. */
  readonly attachedTo: readonly string[];
  /** Absent where it was not measured. */
  readonly cost?: Cost;
  readonly processes: readonly HoldingProcess[];
  readonly pins: readonly string[];
}

export interface MapView {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly frozen: boolean;
  readonly memoryBytes?: number;
  readonly btfId: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** Programs that use it. */
  readonly programIds: readonly number[];
  readonly processes: readonly HoldingProcess[];
  readonly pins: readonly string[];
}

export interface LinkView {
  readonly id: number;
  readonly kind: string;
  readonly programId: number;
  readonly programName: string;
  /** Empty where the kernel does not tell. */
  readonly attachedTo: string;
  readonly processes: readonly HoldingProcess[];
  readonly pins: readonly string[];
}

export interface BtfView extends BtfInfo {
  readonly programIds: readonly number[];
  readonly mapIds: readonly number[];
  readonly processes: readonly HoldingProcess[];
}

/** All of them at one moment, by ascending ids. */
export interface Snapshot {
  readonly programs: readonly ProgramView[];
  readonly maps: readonly MapView[];
  readonly links: readonly LinkView[];
}
