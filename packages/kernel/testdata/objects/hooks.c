/* Programs that the verifier checks against their targets: for comparison with libbpf. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct dentry;
struct inode { unsigned long i_ino; } __attribute__((preserve_access_index));
struct path { struct dentry *dentry; } __attribute__((preserve_access_index));
struct file { struct inode *f_inode; unsigned int f_flags; } __attribute__((preserve_access_index));
struct task_struct { int pid; int tgid; } __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u64);
} files SEC(".maps");

static __always_inline int count(struct file *file)
{
	__u64 key = file->f_inode->i_ino, one = 1, *value = bpf_map_lookup_elem(&files, &key);

	if (value)
		++*value;
	else
		bpf_map_update_elem(&files, &key, &one, BPF_NOEXIST);
	return 0;
}

SEC("fentry/vfs_write")
int BPF_PROG(at_entry, struct file *file) { return count(file); }

SEC("fexit/vfs_write")
int BPF_PROG(at_exit, struct file *file, char *buffer, unsigned long size, long long *position, long result)
{
	return result > 0 ? count(file) : 0;
}

SEC("fmod_ret/security_file_open")
int BPF_PROG(instead, struct file *file, int result) { return result; }

SEC("lsm/file_open")
int BPF_PROG(decide, struct file *file) { count(file); return 0; }

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(sleeping) { return 0; }

SEC("tp_btf/sched_process_exit")
int BPF_PROG(by_types, struct task_struct *task) { return task->pid == task->tgid; }

SEC("kprobe/vfs_write")
int BPF_KPROBE(by_registers, struct file *file)
{
	return BPF_CORE_READ(file, f_inode, i_ino) == 0;
}

char license_text[] SEC("license") = "GPL";
