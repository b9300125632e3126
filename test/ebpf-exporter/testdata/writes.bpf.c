// Counts what dd writes, in every way that ebpf_exporter's configuration can read.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct sys_enter_write {
  __u64 common;
  __s64 number;
  __u64 fd;
  __u64 buffer;
  __u64 count;
};

struct kind {
  char comm[16];
  __u32 call;
  __u8 odd;
  __u8 padding[3];
};

struct address {
  __u8 bytes[4];
};

struct figures {
  __u64 count;
  __u64 bytes;
};

struct event {
  __u64 cgroup;
  __u8 odd;
};

#define COUNTS(name, map_type, key_type, value_type, entries)                                                          \
  struct {                                                                                                             \
    __uint(type, map_type);                                                                                            \
    __uint(max_entries, entries);                                                                                      \
    __type(key, key_type);                                                                                             \
    __type(value, value_type);                                                                                         \
  } name SEC(".maps")

COUNTS(writes_total, BPF_MAP_TYPE_HASH, struct kind, __u64, 1024);
COUNTS(bare_writes, BPF_MAP_TYPE_PERCPU_HASH, __u32, __u64, 16);
COUNTS(cpu_writes_total, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 1);
COUNTS(addressed_total, BPF_MAP_TYPE_HASH, struct address, __u64, 16);
COUNTS(called_total, BPF_MAP_TYPE_HASH, __u64, __u64, 16);
COUNTS(traffic, BPF_MAP_TYPE_HASH, __u32, struct figures, 16);
COUNTS(sizes_bytes, BPF_MAP_TYPE_HASH, __u64, __u64, 128);
COUNTS(linear_bytes, BPF_MAP_TYPE_ARRAY, __u32, __u64, 16);
COUNTS(fixed_bytes, BPF_MAP_TYPE_PERCPU_HASH, __u64, __u64, 16);
COUNTS(matched_total, BPF_MAP_TYPE_HASH, __u64, __u64, 16);
COUNTS(cgroup_ids, BPF_MAP_TYPE_HASH, __u64, __u64, 1024);

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} sent_total SEC(".maps");

const volatile __u64 kaddr_vfs_read = 0;

static __always_inline void add(void *map, const void *key, __u64 value) {
  __u64 zero = 0;
  __u64 *count = bpf_map_lookup_elem(map, key);
  if (!count) {
    bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
    count = bpf_map_lookup_elem(map, key);
  }
  if (count)
    __sync_fetch_and_add(count, value);
}

static __always_inline __u64 log2_of(__u64 value) {
  __u64 log = 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < 20; i++)
    if (value >> (i + 1))
      log = i + 1;
  return log;
}

SEC("tp/syscalls/sys_enter_write")
int count_write(struct sys_enter_write *ctx) {
  struct kind kind = {};
  bpf_get_current_comm(kind.comm, sizeof(kind.comm));
  if (kind.comm[0] != 'd' || kind.comm[1] != 'd' || kind.comm[2] != 0)
    return 0;
  __u64 bytes = ctx->count;
  kind.call = ctx->number;
  kind.odd = bytes & 1;
  add(&writes_total, &kind, 1);
  __u32 one = 1, none = 0;
  add(&bare_writes, &one, 1);
  add(&cpu_writes_total, &none, 1);
  struct address address = {{10, 0, 0, 7}};
  add(&addressed_total, &address, 1);
  __u64 function = kaddr_vfs_read;
  add(&called_total, &function, 1);

  struct figures zero = {};
  struct figures *figures = bpf_map_lookup_elem(&traffic, &one);
  if (!figures) {
    bpf_map_update_elem(&traffic, &one, &zero, BPF_NOEXIST);
    figures = bpf_map_lookup_elem(&traffic, &one);
  }
  if (figures) {
    __sync_fetch_and_add(&figures->count, 1);
    __sync_fetch_and_add(&figures->bytes, bytes);
  }

  // log2 of what is one less, so that 2^n is the greatest of its bucket; the slot behind the last has the sum.
  __u64 slot = bytes > 1 ? log2_of(bytes - 1) + 1 : 0, sum = 13;
  add(&sizes_bytes, &slot, 1);
  add(&sizes_bytes, &sum, bytes);
  __u32 step = bytes / 100 + 1, linear_sum = 12;
  if (step > 11)
    step = 11;
  add(&linear_bytes, &step, 1);
  add(&linear_bytes, &linear_sum, bytes);
  __u64 fixed = bytes <= 10 ? 10 : 1000, fixed_sum = 1001;
  add(&fixed_bytes, &fixed, 1);
  add(&fixed_bytes, &fixed_sum, bytes);

  struct event event = {.cgroup = bpf_get_current_cgroup_id(), .odd = kind.odd};
  bpf_perf_event_output(ctx, &sent_total, BPF_F_CURRENT_CPU, &event, sizeof(event));
  if (bpf_map_lookup_elem(&cgroup_ids, &event.cgroup))
    add(&matched_total, &event.cgroup, 1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
