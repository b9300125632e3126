/* maps ENTRIES: what maps.js does, through libbpf. */
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define PASSES 25
#define BATCH 4096

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv)
{
	unsigned int entries = atoi(argv[1]);
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "bench", 4, 8, entries, NULL);
	if (map < 0)
		return 1;
	for (unsigned int key = 0; key < entries; key++) {
		unsigned long long value = key * 3ULL;
		bpf_map_update_elem(map, &key, &value, 0);
	}
	static unsigned int keys[BATCH];
	static unsigned long long values[BATCH];
	unsigned long long sum = 0;
	printf("{\"passes\":[");
	for (int pass = 0; pass < PASSES; pass++) {
		sum = 0;
		double start = now();
		unsigned int position, count;
		int result, first = 1;
		do {
			count = BATCH;
			result = bpf_map_lookup_batch(map, first ? NULL : &position, &position, keys, values, &count, NULL);
			if (result && errno != ENOENT)
				return 1;
			for (unsigned int i = 0; i < count; i++)
				sum += keys[i] + values[i];
			first = 0;
		} while (!result);
		printf("%s%.3f", pass ? "," : "", (now() - start) / entries);
	}
	printf("],\"sum\":%llu}\n", sum);
	return 0;
}
