/** The kernel helpers that lowering calls, by the names and numbers of `enum bpf_func_id`. */
export const Helper = {
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  ktimeGetNs: 5,
  tracePrintk: 6,
  prandomU32: 7,
  processorId: 8,
  pidTgid: 14,
  uidGid: 15,
  comm: 16,
  stackId: 27,
  currentTask: 35,
  probeWriteUser: 36,
  numaNode: 42,
  socketCookie: 46,
  overrideReturn: 58,
  getStack: 67,
  currentCgroupId: 80,
  sendSignal: 109,
  skbOutput: 111,
  probeReadUser: 112,
  probeReadKernel: 113,
  probeReadUserStr: 114,
  probeReadKernelStr: 115,
  sendSignalThread: 117,
  nsCurrentPidTgid: 120,
  jiffies64: 118,
  ktimeGetBootNs: 125,
  seqPrintf: 126,
  ringbufOutput: 130,
  ringbufReserve: 131,
  ringbufSubmit: 132,
  ringbufDiscard: 133,
  dPath: 147,
  currentTaskBtf: 158,
  ktimeGetCoarseNs: 160,
  forEachMapElem: 164,
  timerInit: 169,
  timerSetCallback: 170,
  timerStart: 171,
  timerCancel: 172,
  funcIp: 173,
  attachCookie: 174,
  taskPtRegs: 175,
  traceVprintk: 177,
  loop: 181,
  funcRet: 184,
  mapLookupPercpu: 195,
  ktimeGetTaiNs: 208,
} as const;

/** Flags of map_update_elem. */
export const UpdateFlag = { any: 0, noExist: 1, exist: 2 } as const;
/** Flag of ringbuf_submit and ringbuf_discard: readers come by themselves, so nobody is woken. */
export const RING_NO_WAKEUP = 1;
/** Flag of get_stackid: the user's stack instead of the kernel's. */
export const USER_STACK = 256;
/** What get_stackid answers when another stack already occupies the bucket. */
export const EEXIST = -17;
/** Flag of BPF_MAP_CREATE: programs only read it. */
export const CONSTANTS = 0x80;
/** Flag of BPF_MAP_CREATE of struct_ops: put in force by a link (6.4). */
export const BY_LINK = 0x2000;
/** Flag of BPF_MAP_CREATE: entries are allocated when they are inserted. */
export const NO_PREALLOC = 1;
