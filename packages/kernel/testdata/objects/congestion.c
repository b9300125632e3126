/* A congestion control that counts how often it is asked, and for how many connections: registered by itself, and by a link. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock;
struct tcp_sock {
	__u32 snd_cwnd;
} __attribute__((preserve_access_index));

/* Another order than the kernel's: members are found by their names. */
struct tcp_congestion_ops {
	char name[16];
	__u32 flags;
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	void (*absent_in_every_kernel)(struct sock *sk);
	void (*init)(struct sock *sk);
} __attribute__((preserve_access_index));

__u64 asked;
__u64 begun;

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(ssthresh, struct sock *sk)
{
	return 10;
}

SEC("struct_ops/undo")
__u32 BPF_PROG(undo, struct sock *sk)
{
	return ((struct tcp_sock *)sk)->snd_cwnd;
}

SEC("struct_ops/avoid")
void BPF_PROG(avoid, struct sock *sk, __u32 ack, __u32 acked)
{
	__sync_fetch_and_add(&asked, 1);
}

SEC("?struct_ops/begin")
void BPF_PROG(begin, struct sock *sk)
{
	__sync_fetch_and_add(&begun, 1);
}

SEC(".struct_ops")
struct tcp_congestion_ops plain = {
	.name = "sonde_plain",
	.flags = 1, /* TCP_CONG_NON_RESTRICTED: namespaces may choose it */
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)avoid,
};

SEC("?.struct_ops.link")
struct tcp_congestion_ops linked = {
	.name = "sonde_linked",
	.flags = 1,
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)avoid,
	.init = (void *)begin,
};

char license_text[] SEC("license") = "GPL";
