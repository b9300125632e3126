/* rings OBJECT SYSTEM_CALLS: what rings.js does, through libbpf. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define PASSES 9

static unsigned long long sum, events;

static int visit(void *context, void *data, size_t size)
{
	unsigned int *words = data;
	sum += words[0] + words[1];
	events++;
	return 0;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static double cpu(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static void full_ring(struct bpf_object *object, struct ring_buffer *ring, const char *key, const char *program)
{
	int fd = bpf_program__fd(bpf_object__find_program_by_name(object, program));
	printf("\"%s\":[", key);
	for (int pass = 0; pass < PASSES; pass++) {
		LIBBPF_OPTS(bpf_test_run_opts, options);
		do {
			if (bpf_prog_test_run_opts(fd, &options))
				exit(1);
		} while (options.retval == 512);
		events = 0;
		double start = now();
		ring_buffer__consume(ring);
		printf("%s%.3f", pass ? "," : "", (now() - start) / events);
	}
	printf("],");
}

int main(int argc, char **argv)
{
	struct bpf_object *object = bpf_object__open(argv[1]);
	if (!object || bpf_object__load(object))
		return 1;
	struct ring_buffer *ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "ring"), visit, NULL, NULL);
	int settings = bpf_object__find_map_fd_by_name(object, "settings");
	printf("{");
	full_ring(object, ring, "small", "fill_small");
	full_ring(object, ring, "large", "fill_large");

	unsigned int key = 0, pid = getpid(), lost = 0;
	bpf_map_update_elem(settings, &key, &pid, 0);
	struct bpf_link *link = bpf_program__attach(bpf_object__find_program_by_name(object, "live"));
	if (!link)
		return 1;
	double before = cpu();
	events = 0;
	char count[32];
	snprintf(count, sizeof(count), "count=%s", argv[2]);
	pid_t child = fork();
	if (child == 0) {
		execlp("dd", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", count, "status=none", NULL);
		_exit(127);
	}
	while (waitpid(child, NULL, WNOHANG) == 0) {
		usleep(10000);
		ring_buffer__consume(ring);
	}
	ring_buffer__consume(ring);
	double used = cpu() - before;
	key = 1;
	bpf_map_lookup_elem(settings, &key, &lost);
	printf("\"live\":{\"perEvent\":%.3f,\"events\":%llu,\"lost\":%u},\"sum\":%llu}\n", used / events, events, lost, sum);
	return 0;
}
