/** What objects are, as plain data. */
export { describe, ProgramFlag } from "@sonde/bpf/spec";
export type {
  AttachTarget,
  AttachType,
  ExternSpec,
  MapReference,
  MapSpec,
  MapType,
  ObjectSpec,
  PerfEventName,
  PerfEventNumbers,
  ProbeMoment,
  ProgramSpec,
  ProgramType,
} from "@sonde/bpf/spec";
export type { ProbeProvider, Target, TargetFeatures, TracepointField, TracepointFormat } from "@sonde/bpf/spec";
export { bucketBounds, histogramBucket, histogramBuckets, LossCounter, LOSS_COUNTERS } from "@sonde/bpf/spec";
export type {
  DataType,
  EventAction,
  EventView,
  Field,
  Manifest,
  MapView,
  SessionConfig,
  StackMode,
  ValueView,
} from "@sonde/bpf/spec";
