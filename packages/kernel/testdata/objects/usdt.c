/* Arguments of the probes in usdt-sample, read through libbpf's tables. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

const volatile int watched;

__u64 plain_count, counted_count, plain_cookie;
long first, second, third;
int arguments;

SEC("usdt/./usdt-sample:sonde_test:plain")
int plain(struct pt_regs *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 != watched)
		return 0;
	__sync_fetch_and_add(&plain_count, 1);
	arguments = bpf_usdt_arg_cnt(ctx);
	plain_cookie = bpf_usdt_cookie(ctx);
	bpf_usdt_arg(ctx, 0, &first);
	bpf_usdt_arg(ctx, 1, &second);
	bpf_usdt_arg(ctx, 2, &third);
	return 0;
}

SEC("usdt/./usdt-sample:sonde_test:counted")
int counted(struct pt_regs *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == watched)
		__sync_fetch_and_add(&counted_count, 1);
	return 0;
}

char license_text[] SEC("license") = "GPL";
