/* Calls: of subprograms, static and global, of callbacks, of programs through an array, of functions of the kernel. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task_struct;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

struct task_struct___old { long state; } __attribute__((preserve_access_index));
struct task_struct___now { unsigned int __state; int pid; struct task_struct___now *group_leader; } __attribute__((preserve_access_index));

int second_program(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(void *));
} programs SEC(".maps") = { .values = { [2] = (void *)&second_program } };

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} left SEC(".maps"), right SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &left, [1] = &right } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

const volatile int step = 3;
int start = 40;
__u64 visited, jumped, state;

__attribute__((noinline)) static int add(int x)
{
	return x + step;
}

__attribute__((noinline)) int twice(int x)
{
	return add(x) * 2;
}

static long visit(struct bpf_map *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += *value;
	return 0;
}

SEC("raw_tp")
int first_program(void *ctx)
{
	struct task_struct___now *task = (void *)bpf_get_current_task();
	struct task_struct___old *old = (void *)task;
	__u32 key = 1;
	__u64 value = twice(start), sum = 0;
	void *chosen = bpf_map_lookup_elem(&outer, &key);

	bpf_map_update_elem(&table, &key, &value, 0);
	bpf_for_each_map_elem(&table, visit, &sum, 0);
	visited = sum;
	key = 0;
	if (chosen)
		bpf_map_update_elem(chosen, &key, &sum, 0);
	if (bpf_core_field_exists(task->__state))
		state = BPF_CORE_READ(task, group_leader, pid);
	else
		state = BPF_CORE_READ(old, state);
	if (bpf_rcu_read_lock) {
		bpf_rcu_read_lock();
		bpf_rcu_read_unlock();
	}
	bpf_tail_call(ctx, &programs, 2);
	return 0;
}

SEC("raw_tp")
int second_program(void *ctx)
{
	jumped++;
	return 5;
}

char license_text[] SEC("license") = "GPL";
