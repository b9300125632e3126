/*
 * Every kind of CO-RE relocation against types that kernels have, lack, or have changed.
 * core-relocations.bpf.o is made from it by
 *   clang-16 -O2 -g -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c core-relocations.c -o core-relocations.bpf.o
 *   llvm-strip-16 -g core-relocations.bpf.o
 */
typedef unsigned int u32; typedef unsigned long long u64; typedef int pid_t; typedef unsigned short u16; typedef unsigned char u8;
#define PAI __attribute__((preserve_access_index))
struct mm_struct { int x; } PAI;
struct sched_entity { u64 vruntime; u64 nope_field;} PAI;
struct task_struct { int pad; pid_t pid; pid_t tgid; char comm[16]; struct mm_struct *mm; struct sched_entity se; unsigned in_execve:1; unsigned sched_contributes_to_load:1; struct task_struct *real_parent; int missing; u64 start_time; unsigned exit_state;} PAI;
struct sock_common { u32 skc_daddr; u16 skc_family; unsigned char skc_reuse:4; } PAI;
struct sock { struct sock_common __sk_common; int sk_wmem_queued; u16 sk_protocol; u8 sk_userlocks:4; unsigned long sk_flags; } PAI;
struct task_struct___old { long state; unsigned int __state; } PAI;
struct nosuch { int a; } PAI;
struct qstr { u32 len; } PAI;
struct dentry { struct qstr d_name; } PAI;
struct inode { unsigned int i_nlink; u16 i_mode; void *i_op; u32 i_ino; } PAI;
struct perf_branch_entry { u64 from; u64 mispred:1, predicted:1, cycles:16, type:4; } PAI;
struct rq { int nr_running; } PAI;
struct page { unsigned long flags; } PAI;
struct pid { int level; struct { int nr; } numbers[1]; } PAI;
enum bpf_func_id___x { BPF_FUNC_loop___x = 999, BPF_FUNC_nosuch___x = 5 };
enum tcp_states { TCP_LISTEN = 77 };
u64 out[64] __attribute__((section(".data")));
#define O(i, e) out[i] = (u64)(e)
#define FI(f,k) __builtin_preserve_field_info(f,k)
__attribute__((section("raw_tp/sched_switch"))) int prog(u64 *ctx){
  struct task_struct *t = (void*)ctx[1]; struct sock *s=(void*)ctx[1]; struct task_struct___old *o=(void*)t; struct nosuch *n=(void*)t; struct dentry *d=(void*)t; struct inode *in=(void*)t; struct perf_branch_entry *pb=(void*)t; struct rq*rq=(void*)t; struct pid*pp=(void*)t;
  O(0, &t->pid);
  O(1,&t->tgid);
  O(2,&t->comm[3]);
  O(3,&t->mm);
  O(4,&t->se.vruntime);
  O(5,&t->real_parent);
  O(6, FI(t->in_execve,0));
  O(7,FI(t->in_execve,1));
  O(8,FI(t->in_execve,2));
  O(9,FI(t->in_execve,3));
  O(10,FI(t->in_execve,4));
  O(11,FI(t->in_execve,5));
  O(12, FI(t->missing,2));
  O(13, FI(o->state,2));
  O(14, FI(o->__state,2));
  O(15, FI(o->__state,0));
  O(16, FI(s->__sk_common.skc_family,0));
  O(17,&s->__sk_common.skc_daddr);
  O(18,FI(s->sk_userlocks,4));
  O(19,FI(s->sk_userlocks,5));
  O(20,FI(s->sk_userlocks,0));
  O(21,FI(s->sk_userlocks,1));
  O(22, __builtin_preserve_type_info(*(struct nosuch*)0,0));
  O(23, __builtin_preserve_type_info(*(struct task_struct*)0,0));
  O(24, __builtin_preserve_type_info(*(struct task_struct*)0,1));
  O(25,__builtin_btf_type_id(*(struct task_struct*)0,1));
  O(26,__builtin_btf_type_id(*(struct task_struct*)0,0));
  O(27, __builtin_preserve_enum_value(*(enum bpf_func_id___x*)BPF_FUNC_loop___x,0));
  O(28, __builtin_preserve_enum_value(*(enum bpf_func_id___x*)BPF_FUNC_loop___x,1));
  O(29, __builtin_preserve_enum_value(*(enum bpf_func_id___x*)BPF_FUNC_nosuch___x,0));
  O(30, __builtin_preserve_enum_value(*(enum bpf_func_id___x*)BPF_FUNC_nosuch___x,1));
  O(31,&d->d_name.len);
  O(32,&in->i_op);
  O(33, FI(in->i_ino,1));
  O(34,FI(in->i_ino,3));
  O(35,FI(in->i_nlink,0));
  O(36,FI(pb->cycles,0));
  O(37,FI(pb->cycles,1));
  O(38,FI(pb->cycles,4));
  O(39,FI(pb->cycles,5));
  O(40,FI(pb->type,4));
  O(41,FI(pb->type,5));
  O(42,FI(rq->nr_running,3));
  O(43,FI(t->pid,3));
  O(44,&pp->numbers[0]);
  O(45,&pp->numbers[0].nr);
  O(46, FI(t->pid,4));
  O(47,FI(t->pid,5));
  O(48,&t[2]);
  O(49,FI(n->a,2));
  O(50, __builtin_preserve_type_info(*(struct sock*)0,2));
  O(51, __builtin_preserve_type_info(*(struct qstr*)0,2));
  O(52,__builtin_preserve_type_info(*(struct mm_struct*)0,2));
  O(53,__builtin_preserve_type_info(*(enum tcp_states*)0,0));
  O(54, in->i_ino);
  O(55, t->pid);
  O(56, s->sk_protocol);
  return 0; }
char _license[] __attribute__((section("license"))) = "GPL";
