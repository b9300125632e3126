/* Variables in an arena, and a list there that the program and user space share. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __arena __attribute__((address_space(1)))
#define BPF_MAP_TYPE_ARENA 33

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16);
} arena SEC(".maps");

struct node {
	__u64 value;
	struct node __arena *next;
};

__u64 __arena calls = 41;
__u64 __arena sum;
struct node __arena nodes[3] = { { 5 }, { 7 }, { 11 } };
struct node __arena *head;

/* Links the nodes at the first call; sums what the list holds at each. */
SEC("syscall")
int walk(void *ctx)
{
	struct node __arena *node;

	calls++;
	if (!head) {
		nodes[0].next = &nodes[1];
		nodes[1].next = &nodes[2];
		head = &nodes[0];
	}
	sum = 0;
	node = head;
	for (int i = 0; i < 10 && node; i++) {
		sum += node->value;
		node = node->next;
	}
	return 0;
}

char license_text[] SEC("license") = "GPL";
