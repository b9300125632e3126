/* Values of the kernel's configuration, of every type that they can have; some kernels tell nobody theirs. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern _Bool CONFIG_BPF_SYSCALL __kconfig;
extern char CONFIG_CC_VERSION_TEXT[64] __kconfig __weak;
extern unsigned long CONFIG_HZ __kconfig;
extern int CONFIG_NOT_THERE __kconfig __weak;
extern enum libbpf_tristate CONFIG_IPV6 __kconfig;
extern char CONFIG_LETTER __kconfig __weak;

SEC("socket")
int program(void *ctx)
{
	if (!CONFIG_BPF_SYSCALL || CONFIG_CC_VERSION_TEXT[3] != 'x')
		return CONFIG_IPV6 == TRI_MODULE;
	return CONFIG_HZ + CONFIG_NOT_THERE + CONFIG_LETTER;
}

char license_text[] SEC("license") = "GPL";
