/** The live kernel, part by part: what `sonde` puts together. */

// What makes the system calls, and what they answer.
export {
  Errno,
  errnoName,
  errnoText,
  FileDescriptor,
  KernelError,
  openKernel,
  UnsupportedFeatureError,
} from "@sonde/kernel/sys";
export { AttachFlag, MapFlag, ProgramFlag, UpdateFlag } from "@sonde/kernel/sys";
export {
  inNetworkNamespace,
  leaked,
  onlineCpus,
  openKernelDescriptors,
  openNetworkNamespace,
  possibleCpus,
} from "@sonde/kernel/sys";
export { createToken, openPidfd, withToken } from "@sonde/kernel/sys";
export type { Kernel, NetworkNamespace, TestRunRequest, TestRunResult } from "@sonde/kernel/sys";

// Collections: a whole object, loaded.
export { Collection, loadCollection, loadCollectionAsync, ObjectEditor } from "@sonde/kernel/collection";
export type {
  LoadOptions,
  LoadReport,
  MapEditor,
  PoisonedAccess,
  ProgramEditor,
  ProgramOutcome,
} from "@sonde/kernel/collection";

// Maps.
export {
  BloomFilter,
  BpfMap,
  createMap,
  MapMismatchError,
  openMapById,
  openPinnedMap,
  pinnedMap,
  Queue,
  TypedMap,
  typedMap,
} from "@sonde/kernel/maps";
export {
  addressPrefixCodec,
  cpumapCodec,
  descriptorCodec,
  devmapCodec,
  formatPrefix,
  parsePrefix,
  prefixCodec,
} from "@sonde/kernel/maps";
export { globalsOf, readBuildIdStack, readStack, withGlobals } from "@sonde/kernel/maps";
export type {
  Batch,
  BuildIdFrame,
  CpuEntry,
  Descriptor,
  DeviceEntry,
  EntryVisitor,
  Globals,
  MapCreateOptions,
  MapDescription,
} from "@sonde/kernel/maps";
export type {
  MapDifference,
  MapInfo,
  MapLayout,
  MapTypes,
  PinnedMapOptions,
  Prefix,
  TypedMapOptions,
} from "@sonde/kernel/maps";

// Programs, and what the verifier says of them.
export { enableStatistics } from "@sonde/kernel/sys";
export { describeState, openPinnedProgram, Program, readVerifierLog, VerifierError } from "@sonde/kernel/programs";
export type {
  ProgramStatistics,
  RegisterKnown,
  TargetProgram,
  VerifierLog,
  VerifierStatistics,
  VerifierStep,
} from "@sonde/kernel/programs";

// Links of everything that traces.
export {
  Attacher,
  attachLirc,
  describeTarget,
  Link,
  readIterator,
  stopAll,
  streamIterator,
  usdtNotes,
  UsdtSpecs,
  usdtSpecs,
} from "@sonde/kernel/links";
export type {
  Attachment,
  AttacherOptions,
  AttachOptions,
  IteratorParameters,
  LinkInfo,
  LinkKind,
  LircOptions,
  LoadedProgram,
  MultiFunction,
  UsdtNote,
} from "@sonde/kernel/links";

// Links of the network and of cgroups.
export {
  attachAction,
  attachCgroup,
  attachClsact,
  attachLwt,
  attachNetfilter,
  attachNetkit,
  attachReuseport,
} from "@sonde/kernel/links/net";
export {
  attachSocketFilter,
  attachSockmap,
  attachTc,
  attachTcx,
  attachToNamespace,
  attachXdp,
  ClsactLink,
} from "@sonde/kernel/links/net";
export { queryCgroup, queryNamespace, queryNetkit, querySockmap, queryTcx, queryXdp } from "@sonde/kernel/links/net";
export type {
  ActionOptions,
  CgroupAttachType,
  CgroupOptions,
  CgroupPlace,
  ClsactOptions,
  DevicePlace,
  LwtOptions,
  NamespacePlace,
} from "@sonde/kernel/links/net";
export type {
  Neighbour,
  NetfilterHook,
  NetfilterOptions,
  NetkitOptions,
  NetkitPlace,
  Order,
  OrderOptions,
} from "@sonde/kernel/links/net";
export type {
  SocketPlace,
  SockmapOptions,
  SockmapPlace,
  TcxOptions,
  TcxPlace,
  XdpOptions,
} from "@sonde/kernel/links/net";

// Rings.
export { PerfBuffer, Ring, stream, UserRing } from "@sonde/kernel/rings";
export type { PerfBufferOptions, RecordSource, RecordVisitor, Reservation, StreamOptions } from "@sonde/kernel/rings";

// What this kernel can do, and its types.
export { helpersOf, instructionSetLevel, listKfuncs, probeFeatures, rememberedFeatures } from "@sonde/kernel/features";
export type { FeatureGroup, FeatureRow, InstructionSetLevel, Kfunc, ProbeContext } from "@sonde/kernel/features";
export { KernelTypes } from "@sonde/kernel/programs";
export { openVmlinuxBtf, runningTarget, userCache } from "@sonde/kernel/target";
export type { Cache, RunningTargetOptions } from "@sonde/kernel/target";

// Objects of the whole system, whoever made them.
export {
  btfInfo,
  CostMeter,
  findHolders,
  HolderIndex,
  linkEntry,
  listBtf,
  listLinks,
  listMaps,
  listPrograms,
} from "@sonde/kernel/objects";
export { mapEntry, openBtfById, pinnedObject, programCode, programInfo } from "@sonde/kernel/objects";
export type {
  BtfInfo,
  Cost,
  Holders,
  HoldingProcess,
  JitedFunction,
  LinkEntry,
  MapEntry,
  PerfEventAttachment,
  ProgramCode,
  ProgramInfo,
} from "@sonde/kernel/objects";

// Names for addresses.
export { demangle } from "@sonde/bpf/demangle";
export {
  formatSymbol,
  functionsOf,
  KernelSymbols,
  ProcessSymbols,
  resolveBinary,
  symbolOffset,
  UserSymbols,
} from "@sonde/kernel/symbols";
export type { Symbol } from "@sonde/kernel/symbols";
