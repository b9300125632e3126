/* What an object takes from the kernel by name: configuration, variables, addresses; strong and weak. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern unsigned long CONFIG_HZ __kconfig;
extern _Bool CONFIG_BPF_SYSCALL __kconfig;
extern char CONFIG_DEFAULT_HOSTNAME[16] __kconfig;
extern enum libbpf_tristate CONFIG_IPV6 __kconfig;
extern char CONFIG_BPF __kconfig;
extern int CONFIG_NOT_THERE __kconfig __weak;
extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;

struct rq;
extern const void schedule __ksym;
extern const void not_there __ksym __weak;
extern const struct rq not_there_typed __ksym __weak;

__u64 hz, schedule_address, missing_address;
int kernel_version, weak_option;

SEC("raw_tp")
int from_kernel(void *ctx)
{
	hz = CONFIG_HZ + CONFIG_DEFAULT_HOSTNAME[0] * 0 + CONFIG_IPV6 * 0 + CONFIG_BPF * 0;
	if (CONFIG_BPF_SYSCALL)
		kernel_version = LINUX_KERNEL_VERSION;
	weak_option = CONFIG_NOT_THERE + LINUX_HAS_BPF_COOKIE * 0 + LINUX_HAS_SYSCALL_WRAPPER * 0;
	schedule_address = (__u64)&schedule;
	missing_address = (__u64)&not_there + (__u64)&not_there_typed;
	return 0;
}

char license_text[] SEC("license") = "GPL";
