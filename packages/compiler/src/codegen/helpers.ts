/**
 * What helper calls do besides returning a value, so that passes know which calls may be shared,
 * dropped or moved across. A helper that is not listed may do anything.
 */

export interface HelperEffects {
  /** Gives the same answer all through one run of the program: equal calls are shared. */
  readonly pure: boolean;
  /** Does nothing but answer: a call whose result is unused is dropped. Every pure helper is. */
  readonly removable: boolean;
  /** Writes no memory of the program's, whatever is handed to it. */
  readonly onlyReads: boolean;
  /** The argument that points at memory which the call writes in full, and the argument with its size in bytes. */
  readonly writes: { readonly pointer: number; readonly size: number } | undefined;
}

const PURE: HelperEffects = { pure: true, removable: true, onlyReads: true, writes: undefined };
const REMOVABLE: HelperEffects = { pure: false, removable: true, onlyReads: true, writes: undefined };
const OPAQUE: HelperEffects = { pure: false, removable: false, onlyReads: false, writes: undefined };
/** Changes maps, not memory that it is handed. */
const STORES: HelperEffects = { pure: false, removable: false, onlyReads: true, writes: undefined };
/** Fills argument 0, whose size is argument 1, even when it fails. Not so get_current_comm: on some kernels it ends at the NUL. */
const FILLS: HelperEffects = { pure: false, removable: false, onlyReads: false, writes: { pointer: 0, size: 1 } };

/** Effects by the helper's number (`enum bpf_func_id`). */
export function helperEffects(helper: number): HelperEffects {
  switch (helper) {
    case 8: // get_smp_processor_id: a program does not migrate while it runs
    case 14: // get_current_pid_tgid
    case 15: // get_current_uid_gid
    case 35: // get_current_task
    case 42: // get_numa_node_id
    case 80: // get_current_cgroup_id
    case 123: // get_current_ancestor_cgroup_id
    case 158: // get_current_task_btf
    case 173: // get_func_ip
    case 174: // get_attach_cookie
    case 175: // task_pt_regs: where they are, not what they hold
    case 185: // get_func_arg_cnt
      return PURE;
    case 1: // map_lookup_elem
    case 5: // ktime_get_ns
    case 7: // get_prandom_u32
    case 118: // jiffies64
    case 125: // ktime_get_boot_ns
    case 160: // ktime_get_coarse_ns
    case 195: // map_lookup_percpu_elem
    case 208: // ktime_get_tai_ns
      return REMOVABLE;
    case 2: // map_update_elem
    case 3: // map_delete_elem
    case 130: // ringbuf_output
    case 132: // ringbuf_submit
    case 133: // ringbuf_discard
      return STORES;
    case 4: // probe_read
    case 112: // probe_read_user
    case 113: // probe_read_kernel
      return FILLS;
    default:
      return OPAQUE;
  }
}
