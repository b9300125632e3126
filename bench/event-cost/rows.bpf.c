// What bench/suites/event-cost.js measures, written by hand: the best attachment, values per CPU,
// changed in place, nothing looked up or copied twice. As Sonde does, it counts what a full map or ring
// makes it lose.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define BUCKETS 66

struct buckets {
  __u64 count[BUCKETS];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} total SEC(".maps");

struct comm_key {
  char name[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct comm_key);
  __type(value, __u64);
} commands SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 4096);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u64);
  __type(value, struct buckets);
} by_number SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct buckets);
} latencies SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u64);
} started SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 16384);
  __uint(key_size, 4);
  __uint(value_size, 127 * 8);
} stacks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u64);
} by_stack SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 3);
  __type(key, __u32);
  __type(value, __u64);
} losses SEC(".maps");

enum loss { RING_FULL, MAP_FULL, STACK_LOST };

static __always_inline void lose(enum loss what) {
  __u32 index = what;
  __u64 *lost = bpf_map_lookup_elem(&losses, &index);
  if (lost) __sync_fetch_and_add(lost, 1);
}

static __always_inline void add(__u64 amount) {
  __u32 zero = 0;
  __u64 *value = bpf_map_lookup_elem(&total, &zero);
  if (value) *value += amount;
}

static __always_inline void count_in(void *map, void *key) {
  __u64 *value = bpf_map_lookup_elem(map, key);
  if (value) {
    *value += 1;
    return;
  }
  __u64 zero = 0;
  bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
  value = bpf_map_lookup_elem(map, key);
  if (value) *value += 1;
  else lose(MAP_FULL);
}

static __always_inline __u32 log2_of(__u64 v) {
  __u32 shift, r;
  r = (v > 0xFFFFFFFF) << 5; v >>= r;
  shift = (v > 0xFFFF) << 4; v >>= shift; r |= shift;
  shift = (v > 0xFF) << 3; v >>= shift; r |= shift;
  shift = (v > 0xF) << 2; v >>= shift; r |= shift;
  shift = (v > 0x3) << 1; v >>= shift; r |= shift;
  return r | (v >> 1);
}

static __always_inline __u32 bucket_of(__s64 v) {
  if (v < 0) return 0;
  return v == 0 ? 1 : log2_of(v) + 2;
}

SEC("raw_tp/sys_enter")
int empty_raw(void *ctx) {
  return 0;
}

SEC("tp/raw_syscalls/sys_enter")
int empty_classic(void *ctx) {
  return 0;
}

SEC("tp/syscalls/sys_enter_openat")
int empty_open(void *ctx) {
  return 0;
}

SEC("tp/syscalls/sys_enter_getppid")
int empty_getppid(void *ctx) {
  return 0;
}

SEC("raw_tp/sys_enter")
int count(void *ctx) {
  add(1);
  return 0;
}

SEC("raw_tp/sys_enter")
int by_comm(void *ctx) {
  struct comm_key key = {};
  bpf_get_current_comm(&key, sizeof(key));
  count_in(&commands, &key);
  return 0;
}

static const struct buckets no_buckets;

SEC("raw_tp/sys_enter")
int hist_by_id(struct bpf_raw_tracepoint_args *ctx) {
  __u64 id = ctx->args[1];
  struct buckets *buckets = bpf_map_lookup_elem(&by_number, &id);
  if (!buckets) {
    bpf_map_update_elem(&by_number, &id, &no_buckets, BPF_NOEXIST);
    buckets = bpf_map_lookup_elem(&by_number, &id);
    if (!buckets) {
      lose(MAP_FULL);
      return 0;
    }
  }
  __u32 bucket = bucket_of(id);
  if (bucket < BUCKETS) buckets->count[bucket] += 1;
  return 0;
}

SEC("raw_tp/sys_enter")
int latency_enter(void *ctx) {
  __u64 thread = (__u32)bpf_get_current_pid_tgid();
  __u64 now = bpf_ktime_get_boot_ns();
  if (bpf_map_update_elem(&started, &thread, &now, BPF_ANY) != 0) lose(MAP_FULL);
  return 0;
}

SEC("raw_tp/sys_exit")
int latency_exit(void *ctx) {
  __u64 thread = (__u32)bpf_get_current_pid_tgid();
  __u64 *start = bpf_map_lookup_elem(&started, &thread);
  if (!start) return 0;
  __u64 spent = bpf_ktime_get_boot_ns() - *start;
  __u32 zero = 0;
  struct buckets *buckets = bpf_map_lookup_elem(&latencies, &zero);
  __u32 bucket = bucket_of(spent);
  if (buckets && bucket < BUCKETS) buckets->count[bucket] += 1;
  bpf_map_delete_elem(&started, &thread);
  return 0;
}

struct event {
  __u64 pid, tid;
  char comm[16];
};

SEC("tp/syscalls/sys_enter_getppid")
int event(void *ctx) {
  struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
  if (!event) {
    lose(RING_FULL);
    return 0;
  }
  __u64 ids = bpf_get_current_pid_tgid();
  event->pid = ids >> 32;
  event->tid = (__u32)ids;
  bpf_get_current_comm(event->comm, sizeof(event->comm));
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
  return 0;
}

// A raw tracepoint's stack would begin with the tracing itself, so this one is attached as the scripts' are.
SEC("tp/raw_syscalls/sys_enter")
int stack(void *ctx) {
  __s64 id = bpf_get_stackid(ctx, &stacks, 0);
  if (id == -17) lose(STACK_LOST);
  count_in(&by_stack, &id);
  return 0;
}

SEC("tp/syscalls/sys_enter_openat")
int filter(struct trace_event_raw_sys_enter *ctx) {
  char name[64];
  bpf_probe_read_user_str(name, sizeof(name), (void *)ctx->args[1]);
  if (__builtin_memcmp(name, "/dev/null", 10) != 0) return 0;
  add(1);
  return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(chain, struct pt_regs *regs, long id) {
  add(bpf_get_current_task_btf()->real_parent->group_leader->pid);
  return 0;
}
