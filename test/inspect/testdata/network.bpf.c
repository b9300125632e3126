// Programs whose sections do not say where they go.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int passes(struct xdp_md *packet)
{
	return XDP_PASS;
}

SEC("tcx/egress")
int leaves(struct __sk_buff *packet)
{
	return -1;
}

SEC("cgroup_skb/egress")
int counts(struct __sk_buff *packet)
{
	return 1;
}

SEC("socket")
int nowhere(struct __sk_buff *packet)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
