/* A variable of the kernel, by its type. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct rq { unsigned int nr_running; } __attribute__((preserve_access_index));
extern const struct rq runqueues __ksym;

int found;

SEC("raw_tp")
int from_kernel(void *ctx)
{
	found = bpf_per_cpu_ptr(&runqueues, 0) != 0;
	return 0;
}

char license_text[] SEC("license") = "GPL";
