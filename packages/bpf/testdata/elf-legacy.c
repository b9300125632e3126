/* Maps as they were defined before BTF, in an object without it; compiled without -g. */
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))

struct bpf_map_def { unsigned int type, key_size, value_size, max_entries, map_flags; };

struct bpf_map_def SEC("maps") counts = { BPF_MAP_TYPE_HASH, 4, 8, 128, BPF_F_NO_PREALLOC };
struct bpf_map_def SEC("maps") slots = { BPF_MAP_TYPE_ARRAY, 4, 16, 2, 0 };

static void *(*lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;

SEC("socket")
int filter(void *ctx)
{
	unsigned int key = 1;

	return lookup(&slots, &key) != 0 && lookup(&counts, &key) == 0;
}

char license_text[] SEC("license") = "GPL";
