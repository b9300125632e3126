/* Tables of functions that the kernel calls: one that is registered when it is updated, one that needs a link. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sock;

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
	__u32 flags;
};

SEC("struct_ops/table_ssthresh")
__u32 table_ssthresh(__u64 *ctx)
{
	return 2;
}

SEC("struct_ops/table_avoid")
void table_avoid(__u64 *ctx)
{
}

SEC("struct_ops.s/table_undo")
__u32 table_undo(__u64 *ctx)
{
	return 3;
}

SEC(".struct_ops")
struct tcp_congestion_ops table = {
	.ssthresh = (void *)table_ssthresh,
	.cong_avoid = (void *)table_avoid,
	.undo_cwnd = (void *)table_undo,
	.name = "table",
};

SEC(".struct_ops.link")
struct tcp_congestion_ops linked = {
	.ssthresh = (void *)table_ssthresh,
	.undo_cwnd = (void *)table_undo,
	.name = "linked",
	.flags = 1,
};

SEC("?.struct_ops.link")
struct tcp_congestion_ops optional = {
	.ssthresh = (void *)table_ssthresh,
	.name = "optional",
};

char license_text[] SEC("license") = "GPL";
