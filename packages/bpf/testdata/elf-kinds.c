/*
 * One of everything that objects have besides programs: maps of all forms, global data, configuration,
 * kernel symbols, subprograms, callbacks. The tests compile it; see src/elf/testing/objects.ts.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct key { __u32 pid; __u32 cpu; };
struct value { __u64 count; char comm[16]; };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct key);
	__type(value, struct value);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 24);
} sized SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 64);
	__type(value, __u32);
	__uint(map_extra, 3);
} bloom SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_NONE);
} numa SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} elf_pinned SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &inner_a, [2] = &inner_b } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} empty_outer SEC(".maps");

int next_one(void *ctx);
int next_two(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [1] = (void *)&next_one, [2] = (void *)&next_two } };

int counter = 7;
static volatile int hidden = 9;
const volatile int limit = 100;
const volatile char greeting[8] = "hi";
__u64 total;
static volatile __u64 quiet;
int shared SEC(".data.shared") = 5;
const volatile int tuning SEC(".rodata.tuning") = 3;

extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;

extern const void schedule __ksym;
extern const void not_there __ksym __weak;

__attribute__((noinline)) static int small(int x)
{
	return x * 3 + hidden;
}

__attribute__((noinline)) int visible(int x)
{
	return small(x) + limit;
}

static long each(__u32 index, void *data)
{
	*(__u64 *)data += index;
	return 0;
}

SEC("raw_tp/sched_switch")
int first(void *ctx)
{
	struct key key = { .pid = bpf_get_current_pid_tgid() >> 32 };
	struct value *value = bpf_map_lookup_elem(&hash, &key);
	__u64 sum = 0;

	if (value)
		value->count += visible(counter);
	bpf_loop(10, each, &sum, 0);
	total += sum;
	quiet++;
	shared += tuning;
	for (int i = 0; i < 8; i++)
		total += greeting[i];
	return 0;
}

SEC("raw_tp/sched_switch")
int second(void *ctx)
{
	__u32 zero = 0, one = 1;
	void *map = bpf_map_lookup_elem(&outer, &zero);
	__u64 *in;

	if (map && (in = bpf_map_lookup_elem(map, &one)))
		*in += small(zero + LINUX_KERNEL_VERSION);
	if (LINUX_HAS_BPF_COOKIE)
		total++;
	if (&not_there)
		total += (unsigned long)&schedule;
	bpf_map_lookup_elem(&empty_outer, &zero);
	bpf_map_lookup_elem(&sized, &zero);
	bpf_map_lookup_elem(&numa, &zero);
	bpf_map_lookup_elem(&elf_pinned, &zero);
	bpf_map_peek_elem(&bloom, &one);
	void *record = bpf_ringbuf_reserve(&ring, 8, 0);
	if (record)
		bpf_ringbuf_submit(record, 0);
	bpf_tail_call(ctx, &jumps, 1);
	return 0;
}

SEC("raw_tp")
int next_one(void *ctx)
{
	bpf_tail_call(ctx, &jumps, 2);
	return 1;
}

SEC("raw_tp")
int next_two(void *ctx)
{
	return 2;
}

__u32 kernel_version SEC("version") = 0x060100;
char license_text[] SEC("license") = "Dual BSD/GPL";
