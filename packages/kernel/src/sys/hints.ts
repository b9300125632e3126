/** What to do about a refused system call. Consulted only when an error is made. */

/** Advice for a call that ended with this errno name, or undefined where the message says all there is. */
export function hint(call: string, code: string): string | undefined {
  const table = advice();
  return table[`${call} ${code}`] ?? table[code];
}

function advice(): Readonly<Record<string, string>> {
  return {
    EPERM:
      "This needs root, or the capabilities CAP_BPF and CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8); in a container also a seccomp profile that lets bpf(2) and perf_event_open(2) through.",
    EMFILE: "This process has too many open files: raise its limit (ulimit -n).",
    ENFILE: "The system has too many open files: raise fs.file-max.",
    ENOMEM: "The kernel has no memory for this, or the control group's limit is reached: make maps smaller.",
    ENOSYS:
      "The kernel was built without this system call (CONFIG_BPF_SYSCALL, CONFIG_PERF_EVENTS), or a seccomp profile hides it.",
    "BPF_MAP_CREATE EPERM":
      "This needs root, or CAP_BPF (CAP_SYS_ADMIN before Linux 5.8). Before Linux 5.11 it is also the answer when RLIMIT_MEMLOCK is too low: ulimit -l unlimited.",
    "BPF_MAP_CREATE E2BIG":
      "The map is larger than the kernel allows: lower its number of entries or the size of its value.",
    "BPF_MAP_CREATE EINVAL":
      "The kernel does not know this map type or one of its flags, or a size is out of range (ring buffers: a power of two and a multiple of the page size).",
    "BPF_MAP_UPDATE_ELEM E2BIG": "The map is full: create it with more entries.",
    "BPF_MAP_UPDATE_ELEM EPERM": "The map is read-only for user space, or frozen.",
    "BPF_PROG_LOAD EPERM":
      "This needs root, or CAP_BPF and CAP_PERFMON. As root it means that the kernel was built without what this type of program needs: for fentry, fexit and LSM programs that is CONFIG_FUNCTION_TRACER with direct calls, or CONFIG_BPF_LSM.",
    "BPF_PROG_LOAD EINVAL":
      "The kernel does not know this type of program or one of the features it uses, or its license forbids a helper that it calls.",
    "BPF_PROG_LOAD E2BIG":
      "The program is too long, or too many paths run through it: use fewer branches and shorter loops.",
    "BPF_PROG_LOAD ENOTSUPP": "This kernel's just-in-time compiler cannot do what the program needs.",
    "BPF_RAW_TRACEPOINT_OPEN ENOENT": "The kernel has no tracepoint of this name.",
    "BPF_LINK_CREATE EBUSY": "Something else is attached there that does not share.",
    "BPF_LINK_CREATE EINVAL": "The kernel does not know this kind of link.",
    "BPF_OBJ_PIN EPERM": "The path is not on a BPF file system: mount -t bpf bpf /sys/fs/bpf.",
    "BPF_OBJ_PIN EEXIST": "Something is pinned at this path already: remove it or choose another.",
    "perf_event_open EACCES": "kernel.perf_event_paranoid forbids this: run as root, with CAP_PERFMON, or lower it.",
    "perf_event_open ENOENT":
      "This machine does not offer this event (virtual machines often have no hardware counters).",
    "perf_event_open EOPNOTSUPP":
      "This machine does not offer this event (virtual machines often have no hardware counters).",
    "perf_event_open ENODEV": "This CPU is offline, or does not offer this event.",
    "mmap EPERM": "The memory cannot be mapped for writing.",
  };
}
