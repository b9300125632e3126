/* One of each that a round has: maps, global variables, a ring, types of the kernel, three ways to attach. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

struct event {
	__u32 tgid;
	__u32 number;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile __u32 watched = 0;
__u32 number = 0;

static __always_inline int seen(__u32 road)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tgid = BPF_CORE_READ(task, tgid);
	if (tgid != watched)
		return 0;
	__u64 *slot = bpf_map_lookup_elem(&per_cpu, &road);
	if (slot)
		++*slot;
	__u64 one = 1;
	bpf_map_update_elem(&counts, &road, &one, BPF_ANY);
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->tgid = tgid;
	event->number = number++;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int by_tracepoint(void *context)
{
	return seen(0);
}

SEC("raw_tp/sys_enter")
int by_raw_tracepoint(struct bpf_raw_tracepoint_args *context)
{
	/* getuid of x86-64 and of arm64 */
	return context->args[1] == 102 || context->args[1] == 174 ? seen(1) : 0;
}

SEC("tp_btf/sys_enter")
int by_typed_tracepoint(unsigned long long *context)
{
	return context[1] == 102 || context[1] == 174 ? seen(2) : 0;
}

char LICENSE[] SEC("license") = "GPL";
