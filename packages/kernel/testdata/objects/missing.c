/* What no kernel has, asked for before it is used. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

extern int bpf_never_existed(int pid) __ksym __weak;

struct task_struct { int never_there; } __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} optional SEC(".maps");

const volatile _Bool use_optional;
__u64 runs;

SEC("raw_tp")
int careful(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 key = 0;

	runs++;
	if (bpf_never_existed)
		runs += bpf_never_existed(1);
	if (bpf_core_field_exists(task->never_there))
		runs += BPF_CORE_READ(task, never_there);
	if (use_optional && bpf_map_lookup_elem(&optional, &key))
		runs += 100;
	return 0;
}

SEC("raw_tp")
int careless(void *ctx)
{
	return bpf_never_existed(1);
}

char license_text[] SEC("license") = "GPL";
