/*
 * Forty programs with maps, a ring and CO-RE, as a node's agent has them: ten each of four kinds. With
 * -DANCESTORS=n each also looks through so many ancestors of its task, which the verifier has to walk.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct mm_struct {
	unsigned long start_code;
	unsigned long total_vm;
} __attribute__((preserve_access_index));

struct task_struct {
	int pid;
	int tgid;
	unsigned long long start_time;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	unsigned int flags;
	char comm[16];
} __attribute__((preserve_access_index));

struct event {
	__u32 pid;
	__u32 parent;
	__u64 started;
	__u64 memory;
	__u32 flags;
	__u32 kind;
	__u32 session;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct event);
} last SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

const volatile __u32 watched = 0;
__u64 lost = 0;

/* The first ancestor that a shell or a container's shim started. */
static __always_inline __u32 session_of(struct task_struct *task)
{
#ifdef ANCESTORS
	for (int i = 0; i < ANCESTORS; i++) {
		struct task_struct *parent = BPF_CORE_READ(task, real_parent);
		if (!parent || parent == task)
			break;
		char name[16] = {};
		BPF_CORE_READ_STR_INTO(&name, parent, comm);
		if (name[0] == 'b' && name[1] == 'a' && name[2] == 's' && name[3] == 'h')
			break;
		if (name[0] == 's' && name[1] == 'h' && name[2] == 'i' && name[3] == 'm')
			break;
		task = parent;
	}
#endif
	return BPF_CORE_READ(task, tgid);
}

static __always_inline int handle(__u32 kind)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 pid = BPF_CORE_READ(task, tgid);
	if (watched && pid != watched)
		return 0;
	__u64 one = 1;
	__u64 *count = bpf_map_lookup_elem(&counts, &pid);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&counts, &pid, &one, BPF_NOEXIST);
	__u64 *slot = bpf_map_lookup_elem(&slots, &kind);
	if (slot)
		++*slot;
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		++lost;
		return 0;
	}
	event->pid = pid;
	event->kind = kind;
	event->session = session_of(task);
	event->parent = BPF_CORE_READ(task, real_parent, tgid);
	event->started = BPF_CORE_READ(task, start_time);
	event->memory = BPF_CORE_READ(task, mm, total_vm);
	event->flags = BPF_CORE_READ(task, flags);
	BPF_CORE_READ_STR_INTO(&event->comm, task, comm);
	bpf_map_update_elem(&last, &pid, event, BPF_ANY);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

#define PROGRAM(section, name, kind)      \
	SEC(section)                      \
	int name##_##kind(void *context)  \
	{                                 \
		return handle(kind);      \
	}
#define TEN(section, name, tens)          \
	PROGRAM(section, name, tens##0)   \
	PROGRAM(section, name, tens##1)   \
	PROGRAM(section, name, tens##2)   \
	PROGRAM(section, name, tens##3)   \
	PROGRAM(section, name, tens##4)   \
	PROGRAM(section, name, tens##5)   \
	PROGRAM(section, name, tens##6)   \
	PROGRAM(section, name, tens##7)   \
	PROGRAM(section, name, tens##8)   \
	PROGRAM(section, name, tens##9)

TEN("tracepoint/sched/sched_switch", switched, 1)
TEN("raw_tp/sys_enter", entered, 2)
TEN("kprobe/vfs_read", read, 3)
TEN("tp_btf/sched_process_exec", executed, 4)

char LICENSE[] SEC("license") = "GPL";
