/* Functions and variables of the kernel: typed and typeless, strong and weak, called and pointed to. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct rq;
struct task_struct { int pid; };

extern const struct rq runqueues __ksym;
extern const void schedule __ksym;
extern const void absent __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

__u64 address;

SEC("syscall")
int symbols(void *ctx)
{
	address = (__u64)&schedule;
	if (&absent)
		address += (__u64)&absent;
	if (bpf_per_cpu_ptr(&runqueues, 0))
		address++;
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	if (bpf_task_from_pid) {
		struct task_struct *task = bpf_task_from_pid(1);
		if (task)
			bpf_task_release(task);
	}
	return 0;
}

char license_text[] SEC("license") = "GPL";
