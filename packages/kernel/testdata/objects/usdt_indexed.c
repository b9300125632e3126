/*
 * An argument at an indexed address (base + index * scale + offset), read from the tables that usdt.bpf.h
 * of libbpf 1.7 and later has; Debian's is older, so the reading is written out here.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum __bpf_usdt_arg_type {
	BPF_USDT_ARG_CONST,
	BPF_USDT_ARG_REG,
	BPF_USDT_ARG_REG_DEREF,
	BPF_USDT_ARG_SIB,
};

struct __bpf_usdt_arg_spec {
	__u64 val_off;
	enum __bpf_usdt_arg_type arg_type : 8;
	__u16 idx_reg_off : 12;
	__u16 scale_bitshift : 4;
	short reg_off;
	bool arg_signed;
	char arg_bitshift;
};

struct __bpf_usdt_spec {
	struct __bpf_usdt_arg_spec args[12];
	__u64 usdt_cookie;
	short arg_cnt;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, int);
	__type(value, struct __bpf_usdt_spec);
} __bpf_usdt_specs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, long);
	__type(value, __u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps");

extern const _Bool LINUX_HAS_BPF_COOKIE __kconfig;

const volatile int watched;

long sum, count;

static __always_inline long register_at(struct pt_regs *ctx, int offset)
{
	long value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + offset);
	return value;
}

static __always_inline struct __bpf_usdt_spec *spec_of(struct pt_regs *ctx)
{
	int id;

	if (LINUX_HAS_BPF_COOKIE) {
		id = bpf_get_attach_cookie(ctx);
	} else {
		long address = PT_REGS_IP(ctx);
		__u32 *found = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &address);

		if (!found)
			return 0;
		id = *found;
	}
	return bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
}

SEC("usdt/./usdt-sample:sonde_test:indexed")
int indexed(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec;
	struct __bpf_usdt_arg_spec *argument;
	unsigned long value = 0;
	long address;

	if (bpf_get_current_pid_tgid() >> 32 != watched)
		return 0;
	spec = spec_of(ctx);
	if (!spec)
		return 0;
	argument = &spec->args[0];
	if (argument->arg_type != BPF_USDT_ARG_SIB)
		return 0;
	address = register_at(ctx, argument->reg_off) + argument->val_off +
		  (register_at(ctx, argument->idx_reg_off) << argument->scale_bitshift);
	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	value <<= argument->arg_bitshift;
	sum += argument->arg_signed ? (long)value >> argument->arg_bitshift : value >> argument->arg_bitshift;
	count++;
	return 0;
}

char license_text[] SEC("license") = "GPL";
