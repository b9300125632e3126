/* A program with a function that another one may replace. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int decide(struct xdp_md *ctx)
{
	volatile int verdict = XDP_PASS;

	return verdict;
}

SEC("xdp")
int entry(struct xdp_md *ctx)
{
	return decide(ctx);
}

char license_text[] SEC("license") = "GPL";
