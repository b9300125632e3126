/**
 * Which tracepoints can be had by their raw arguments, and which argument expression yields which
 * field of the record: what TP_fast_assign of the kernel's include/trace/events says, written in the
 * language itself. Only fields that mean the same from 5.10 on stand here; a script that names another
 * one is attached to the classic event. `raw-events.kernel.test.ts` attaches both to live events and
 * compares every field.
 */

export interface RawEvent {
  /**
   * The arguments by name and type where integers are all that the fields need: then a plain raw
   * tracepoint does, and nobody has to ask BTF. Left out, the arguments are those of the tracepoint's
   * own prototype.
   */
  readonly params?: Readonly<Record<string, "int" | "unsigned" | "long" | "address">>;
  /** By field: an expression of `args`. */
  readonly fields: Readonly<Record<string, string>>;
}

const task = (name: string): Readonly<Record<string, string>> => ({
  comm: `args.${name}->comm`,
  pid: `args.${name}->pid`,
});

const WAKEUP: RawEvent = { fields: { ...task("p"), prio: "args.p->prio" } };
const DELAY: RawEvent = { fields: { ...task("tsk"), delay: "args.delay" } };
const SOFTIRQ: RawEvent = { params: { vec_nr: "unsigned" }, fields: { vec: "args.vec_nr" } };
const NOTHING: RawEvent = { fields: {} };

/** Driver commands, operations 32 to 35, count as moving nothing; a flush has the sector -1 and counts as having none. */
const DRIVER = "(args.rq->cmd_flags & 0xff) >= 32 && (args.rq->cmd_flags & 0xff) <= 35";
const REQUEST: RawEvent = {
  fields: {
    sector: `(uint64)(((${DRIVER}) || args.rq->__sector + 1 == 0) ? 0 : args.rq->__sector)`,
    nr_sector: `(uint32)((${DRIVER}) ? 0 : args.rq->__data_len >> 9)`,
  },
};

/** The bits of a task's state that the record tells apart; a thread that ends has left them in `exit_state`. */
const STATE = "(args.prev_state | (uint32)args.prev->exit_state) & 0x7f";
/** The highest of them. */
const HIGHEST = [64, 32, 16, 8, 4].reduceRight(
  (lower, bit) => `(${STATE}) >= ${bit} ? ${bit} : (${lower})`,
  `(${STATE}) >= 2 ? 2 : ((${STATE}) & 1)`,
);
/**
 * __trace_sched_switch_state(). The state is an argument since 5.18; before, it may have changed by the time that
 * the event is seen. Whoever is preempted goes on (256); what waits without adding to the load is idle (128); a lock
 * of PREEMPT_RT or the freezer lets nothing else through.
 */
const PREV_STATE = `args.preempt ? 256 : ((args.prev_state & 0x9000) != 0 ? 2 : ((args.prev_state & 0x402) == 0x402 ? 128 : (${HIGHEST})))`;

/** By "category:name". */
export const RAW_EVENTS: Readonly<Record<string, RawEvent>> = {
  "raw_syscalls:sys_enter": { params: { regs: "address", id: "long" }, fields: { id: "args.id" } },
  "raw_syscalls:sys_exit": { params: { regs: "address", ret: "long" }, fields: { ret: "args.ret" } },

  "sched:sched_switch": {
    fields: {
      prev_comm: "args.prev->comm",
      prev_pid: "args.prev->pid",
      prev_prio: "args.prev->prio",
      prev_state: `(int64)(${PREV_STATE})`,
      next_comm: "args.next->comm",
      next_pid: "args.next->pid",
      next_prio: "args.next->prio",
    },
  },
  "sched:sched_wakeup": WAKEUP,
  "sched:sched_wakeup_new": WAKEUP,
  "sched:sched_waking": WAKEUP,
  "sched:sched_migrate_task": {
    fields: { ...task("p"), prio: "args.p->prio", dest_cpu: "args.dest_cpu" },
  },
  "sched:sched_process_fork": {
    fields: {
      parent_comm: "args.parent->comm",
      parent_pid: "args.parent->pid",
      child_comm: "args.child->comm",
      child_pid: "args.child->pid",
    },
  },
  "sched:sched_process_exec": { fields: { pid: "args.p->pid", old_pid: "args.old_pid" } },
  "sched:sched_process_exit": { fields: { ...task("p"), prio: "args.p->prio" } },
  "sched:sched_process_free": { fields: { ...task("p"), prio: "args.p->prio" } },
  "sched:sched_stat_runtime": { fields: { ...task("tsk"), runtime: "args.runtime" } },
  "sched:sched_stat_wait": DELAY,
  "sched:sched_stat_sleep": DELAY,
  "sched:sched_stat_iowait": DELAY,
  "sched:sched_stat_blocked": DELAY,

  "block:block_rq_insert": REQUEST,
  "block:block_rq_issue": REQUEST,

  "irq:irq_handler_entry": { params: { irq: "int", action: "address" }, fields: { irq: "args.irq" } },
  "irq:irq_handler_exit": {
    params: { irq: "int", action: "address", ret: "int" },
    fields: { irq: "args.irq", ret: "args.ret" },
  },
  "irq:softirq_entry": SOFTIRQ,
  "irq:softirq_exit": SOFTIRQ,
  "irq:softirq_raise": SOFTIRQ,

  "signal:signal_generate": {
    fields: { sig: "args.sig", ...task("task"), group: "args.group", result: "args.result" },
  },
  "signal:signal_deliver": { fields: { sig: "args.sig" } },

  "task:task_newtask": { fields: { ...task("task"), clone_flags: "args.clone_flags" } },

  "kmem:kfree": { params: { call_site: "address", ptr: "address" }, fields: { call_site: "args.call_site" } },
  "kmem:kmalloc": NOTHING,
  "kmem:kmem_cache_alloc": NOTHING,
  "kmem:kmem_cache_free": {
    params: { call_site: "address", ptr: "address" },
    fields: { call_site: "args.call_site" },
  },
  "kmem:mm_page_alloc": { params: { page: "address", order: "unsigned" }, fields: { order: "args.order" } },
  "kmem:mm_page_free": { params: { page: "address", order: "unsigned" }, fields: { order: "args.order" } },
  "exceptions:page_fault_user": {
    params: { address: "address", regs: "address", error_code: "address" },
    fields: { address: "args.address", error_code: "args.error_code" },
  },

  "net:net_dev_queue": { fields: { len: "args.skb->len" } },
  "net:net_dev_start_xmit": { fields: { len: "args.skb->len", data_len: "args.skb->data_len" } },
  "net:netif_receive_skb": { fields: { len: "args.skb->len" } },
  "net:netif_rx": { fields: { len: "args.skb->len" } },
  "skb:consume_skb": NOTHING,
  "skb:kfree_skb": NOTHING,
  "sock:inet_sock_set_state": {
    params: { sk: "address", oldstate: "int", newstate: "int" },
    fields: { oldstate: "args.oldstate", newstate: "args.newstate" },
  },
  "tcp:tcp_probe": NOTHING,
  "tcp:tcp_destroy_sock": NOTHING,
  "tcp:tcp_rcv_space_adjust": NOTHING,
  "tcp:tcp_receive_reset": NOTHING,
  "tcp:tcp_retransmit_skb": NOTHING,
  "tcp:tcp_retransmit_synack": NOTHING,

  "workqueue:workqueue_activate_work": NOTHING,
  "workqueue:workqueue_execute_start": NOTHING,
  "workqueue:workqueue_execute_end": NOTHING,
  "workqueue:workqueue_queue_work": NOTHING,
  "timer:timer_start": NOTHING,
  "timer:timer_expire_entry": NOTHING,
  "timer:timer_expire_exit": NOTHING,
  "timer:hrtimer_start": NOTHING,
  "timer:hrtimer_expire_entry": NOTHING,
  "timer:hrtimer_expire_exit": NOTHING,
  "power:cpu_idle": {
    params: { state: "unsigned", cpu_id: "unsigned" },
    fields: { state: "args.state", cpu_id: "args.cpu_id" },
  },
};
