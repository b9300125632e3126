/* A program for every way to trace; each counts what one process does, and keeps what it was told. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct hit {
	__u64 count;
	__u64 cookie;
	__u64 value;
};

/* The process that is counted; 0 for all. */
const volatile int watched;
const volatile _Bool with_cookie;
/* What is answered in the place of a function's own result. */
const volatile int answer;

struct hit on_kprobe, on_kretprobe, on_ksyscall, on_kprobe_multi, on_kretprobe_multi, on_kprobe_session;
struct hit on_uprobe, on_uretprobe, on_uprobe_multi, on_uretprobe_multi, on_uprobe_session;
struct hit on_tracepoint, on_raw_tracepoint, on_writable, on_btf_tracepoint, on_perf_event;
struct hit on_fentry, on_fexit, on_fmod_ret, on_lsm, on_lsm_cgroup, on_packet;

static __always_inline int is_watched(void)
{
	return watched == 0 || bpf_get_current_pid_tgid() >> 32 == watched;
}

static __always_inline void count(struct hit *hit, void *ctx, __u64 value)
{
	if (!is_watched())
		return;
	__sync_fetch_and_add(&hit->count, 1);
	hit->value = value;
	if (with_cookie)
		hit->cookie = bpf_get_attach_cookie(ctx);
}

SEC("kprobe/vfs_write")
int kprobe(void *ctx) { count(&on_kprobe, ctx, 0); return 0; }

SEC("kretprobe/vfs_write")
int kretprobe(void *ctx) { count(&on_kretprobe, ctx, 0); return 0; }

SEC("ksyscall/write")
int ksyscall(void *ctx) { count(&on_ksyscall, ctx, 0); return 0; }

SEC("kprobe.multi/vfs_writ?")
int kprobe_multi(void *ctx) { count(&on_kprobe_multi, ctx, 0); return 0; }

SEC("kretprobe.multi/vfs_write")
int kretprobe_multi(void *ctx) { count(&on_kretprobe_multi, ctx, 0); return 0; }

SEC("kprobe.session/vfs_write")
int kprobe_session(void *ctx) { count(&on_kprobe_session, ctx, 0); return 0; }

SEC("uprobe/libc.so.6:write")
int uprobe(void *ctx) { count(&on_uprobe, ctx, 0); return 0; }

SEC("uretprobe/libc.so.6:write")
int uretprobe(void *ctx) { count(&on_uretprobe, ctx, 0); return 0; }

SEC("uprobe.multi/libc.so.6:writ?")
int uprobe_multi(void *ctx) { count(&on_uprobe_multi, ctx, 0); return 0; }

SEC("uretprobe.multi/libc.so.6:write")
int uretprobe_multi(void *ctx) { count(&on_uretprobe_multi, ctx, 0); return 0; }

SEC("uprobe.session/libc.so.6:write")
int uprobe_session(void *ctx) { count(&on_uprobe_session, ctx, 0); return 0; }

SEC("tp/syscalls/sys_enter_write")
int tracepoint(void *ctx) { count(&on_tracepoint, ctx, 0); return 0; }

SEC("raw_tp/sys_exit")
int raw_tracepoint(__u64 *ctx) { count(&on_raw_tracepoint, ctx, ctx[1]); return 0; }

/* Says with which result a test run of another program ends. */
SEC("raw_tp.w/bpf_test_finish")
int writable(__u64 *ctx)
{
	int *result = (int *)ctx[0];

	if (is_watched() && watched) {
		*result = answer;
		count(&on_writable, ctx, 0);
	}
	return 0;
}

SEC("tp_btf/sys_enter")
int btf_tracepoint(__u64 *ctx) { count(&on_btf_tracepoint, ctx, ctx[1]); return 0; }

SEC("perf_event")
int sampled(void *ctx) { count(&on_perf_event, ctx, 0); return 0; }

SEC("fentry/vfs_write")
int fentry(__u64 *ctx) { count(&on_fentry, ctx, ctx[2]); return 0; }

SEC("fexit/vfs_write")
int fexit(__u64 *ctx) { count(&on_fexit, ctx, ctx[4]); return 0; }

SEC("fmod_ret/security_inode_mkdir")
int fmod_ret(__u64 *ctx)
{
	if (!is_watched())
		return 0;
	count(&on_fmod_ret, ctx, 0);
	return answer;
}

SEC("lsm/inode_mkdir")
int BPF_PROG(lsm, void *dir, void *dentry, int mode, int ret)
{
	if (ret || !is_watched())
		return ret;
	count(&on_lsm, ctx, mode);
	return answer;
}

SEC("lsm_cgroup/socket_create")
int lsm_cgroup(__u64 *ctx)
{
	if (is_watched())
		__sync_fetch_and_add(&on_lsm_cgroup.count, 1);
	return 1;
}

SEC("xdp")
int packet(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;

	__sync_fetch_and_add(&on_packet.count, 1);
	if (data + 14 > (__u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	data[0] = 0x5a;
	return XDP_PASS;
}

struct arguments { __u64 given; __u64 doubled; };

SEC("syscall")
int by_hand(struct arguments *arguments)
{
	arguments->doubled = arguments->given * 2;
	return 7;
}

char license_text[] SEC("license") = "GPL";
