/* Fills a ring: at once when it is run by hand, or by the system calls of the reader's children. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define NO_WAKEUP 1
#define RECORDS 512

struct task_struct {
	int tgid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct small {
	__u32 number;
	__u32 kind;
};

struct large {
	__u32 number;
	__u32 kind;
	char rest[240];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

/* 0: the process whose children are watched; 1: records that found no room */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} settings SEC(".maps");

#define FILL(name)                                                                \
	SEC("raw_tp")                                                             \
	int fill_##name(void *context)                                            \
	{                                                                         \
		for (__u32 i = 0; i < RECORDS; i++) {                             \
			struct name *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0); \
			if (!record)                                              \
				return i;                                         \
			record->number = i;                                       \
			record->kind = 1;                                         \
			bpf_ringbuf_submit(record, NO_WAKEUP);                    \
		}                                                                 \
		return RECORDS;                                                   \
	}
FILL(small)
FILL(large)

SEC("raw_tp/sys_enter")
int live(void *context)
{
	__u32 key = 0;
	__u32 *parent = bpf_map_lookup_elem(&settings, &key);
	struct task_struct *task = (void *)bpf_get_current_task();
	if (!parent || BPF_CORE_READ(task, real_parent, tgid) != *parent)
		return 0;
	struct small *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record) {
		key = 1;
		__u32 *lost = bpf_map_lookup_elem(&settings, &key);
		if (lost)
			__sync_fetch_and_add(lost, 1);
		return 0;
	}
	record->number = 1;
	record->kind = 2;
	bpf_ringbuf_submit(record, NO_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
