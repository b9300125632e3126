/* A function of a module (nf_conntrack), and a field of a struct that only it may have. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct nf_conn {
	unsigned long status;
} __attribute__((preserve_access_index));

struct bpf_ct_opts___local {
	int netns_id;
	int error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
} __attribute__((preserve_access_index));

extern struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size,
					 struct bpf_ct_opts___local *options, __u32 options_size) __ksym;
extern void bpf_ct_release(struct nf_conn *ct) __ksym;

int error;
unsigned long status;

SEC("xdp")
int lookup(struct xdp_md *ctx)
{
	struct bpf_sock_tuple tuple = { .ipv4 = { .saddr = 0x0100007f, .daddr = 0x0100007f, .sport = 1, .dport = 2 } };
	struct bpf_ct_opts___local options = { .netns_id = -1, .l4proto = 17 };
	struct nf_conn *ct = bpf_xdp_ct_lookup(ctx, &tuple, sizeof(tuple.ipv4), &options, sizeof(options));

	error = options.error;
	if (ct) {
		status = ct->status;
		bpf_ct_release(ct);
	}
	return XDP_PASS;
}

char license_text[] SEC("license") = "GPL";
