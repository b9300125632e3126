/* The function that takes the other one's place. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("freplace/decide")
int decide_otherwise(struct xdp_md *ctx)
{
	return XDP_TX;
}

char license_text[] SEC("license") = "GPL";
