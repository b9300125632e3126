// Counts writes by process and their sizes: every kind of thing that `sonde inspect` decodes.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

enum direction { INWARD = 1, OUTWARD = 2 };

struct key {
	char comm[16];
	__u32 pid;
};

struct seen {
	__u64 count;
	__s64 balance;
	__u32 sizes[4];
	enum direction direction;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct key);
	__type(value, struct seen);
} by_process SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(key_size, 3);
	__uint(value_size, 5);
} untyped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile __u32 only_pid = 0;
__u64 runs;

struct sys_enter_write {
	__u64 common;
	__s64 number;
	__u64 fd;
	__u64 buffer;
	__u64 count;
};

static __noinline __u32 bucket(__u64 size)
{
	if (size < 16)
		return 0;
	if (size < 256)
		return 1;
	return size < 4096 ? 2 : 3;
}

SEC("tracepoint/syscalls/sys_enter_write")
int count_writes_by_process(struct sys_enter_write *args)
{
	struct key key = {};
	struct seen first = { .direction = OUTWARD };
	struct seen *seen;
	__u32 zero = 0;
	__u64 *total;

	key.pid = bpf_get_current_pid_tgid() >> 32;
	if (only_pid && key.pid != only_pid)
		return 0;
	runs++;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	total = bpf_map_lookup_elem(&totals, &zero);
	if (total)
		(*total)++;
	seen = bpf_map_lookup_elem(&by_process, &key);
	if (!seen) {
		bpf_map_update_elem(&by_process, &key, &first, BPF_ANY);
		seen = bpf_map_lookup_elem(&by_process, &key);
		if (!seen)
			return 0;
	}
	seen->count++;
	seen->balance -= args->count;
	seen->sizes[bucket(args->count) & 3]++;
	return 0;
}

SEC("?raw_tracepoint/sched_switch")
int left_out(void *ctx)
{
	bpf_map_lookup_elem(&untyped, "abc");
	bpf_ringbuf_output(&events, "x", 1, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
