/** The arguments of system calls by name, as SYSCALL_DEFINE has them in Linux 6.18; `*` is an address of the process. */
export const SYSCALLS = `
accept fd:s32 upeer_sockaddr:* upeer_addrlen:*
accept4 fd:s32 upeer_sockaddr:* upeer_addrlen:* flags:s32
access filename:* mode:s32
acct name:*
add_key _type:* _description:* _payload:* plen:u64 ringid:s32
adjtimex txc_p:*
alarm seconds:u32
arch_prctl option:s32 arg2:u64
bind fd:s32 umyaddr:* addrlen:s32
bpf cmd:s32 uattr:* size:u32
brk brk:u64
cachestat fd:u32 cstat_range:* cstat:* flags:u32
capget header:* dataptr:*
capset header:* data:*
chdir filename:*
chmod filename:* mode:u16
chown filename:* user:u32 group:u32
chroot filename:*
clock_adjtime which_clock:s32 utx:*
clock_getres which_clock:s32 tp:*
clock_gettime which_clock:s32 tp:*
clock_nanosleep which_clock:s32 flags:s32 rqtp:* rmtp:*
clock_settime which_clock:s32 tp:*
clone clone_flags:u64 newsp:u64 parent_tidptr:* child_tidptr:* tls:u64
clone3 uargs:* size:u64
close fd:u32
close_range fd:u32 max_fd:u32 flags:u32
connect fd:s32 uservaddr:* addrlen:s32
copy_file_range fd_in:s32 off_in:* fd_out:s32 off_out:* len:u64 flags:u32
creat pathname:* mode:u16
dup fildes:u32
dup2 oldfd:u32 newfd:u32
dup3 oldfd:u32 newfd:u32 flags:s32
epoll_create size:s32
epoll_create1 flags:s32
epoll_ctl epfd:s32 op:s32 fd:s32 event:*
epoll_pwait epfd:s32 events:* maxevents:s32 timeout:s32 sigmask:* sigsetsize:u64
epoll_pwait2 epfd:s32 events:* maxevents:s32 timeout:* sigmask:* sigsetsize:u64
epoll_wait epfd:s32 events:* maxevents:s32 timeout:s32
eventfd count:u32
eventfd2 count:u32 flags:s32
execve filename:* argv:* envp:*
execveat fd:s32 filename:* argv:* envp:* flags:s32
exit error_code:s32
exit_group error_code:s32
faccessat dfd:s32 filename:* mode:s32
faccessat2 dfd:s32 filename:* mode:s32 flags:s32
fadvise64 fd:s32 offset:s64 len:u64 advice:s32
fallocate fd:s32 mode:s32 offset:s64 len:s64
fanotify_init flags:u32 event_f_flags:u32
fanotify_mark fanotify_fd:s32 flags:u32 mask:u64 dfd:s32 pathname:*
fchdir fd:u32
fchmod fd:u32 mode:u16
fchmodat dfd:s32 filename:* mode:u16
fchmodat2 dfd:s32 filename:* mode:u16 flags:u32
fchown fd:u32 user:u32 group:u32
fchownat dfd:s32 filename:* user:u32 group:u32 flag:s32
fcntl fd:u32 cmd:u32 arg:u64
fdatasync fd:u32
fgetxattr fd:s32 name:* value:* size:u64
file_getattr dfd:s32 filename:* ufattr:* usize:u64 at_flags:u32
file_setattr dfd:s32 filename:* ufattr:* usize:u64 at_flags:u32
flistxattr fd:s32 list:* size:u64
flock fd:u32 cmd:u32
fork
fremovexattr fd:s32 name:*
fsconfig fd:s32 cmd:u32 _key:* _value:* aux:s32
fsetxattr fd:s32 name:* value:* size:u64 flags:s32
fsmount fs_fd:s32 flags:u32 attr_flags:u32
fsopen _fs_name:* flags:u32
fspick dfd:s32 path:* flags:u32
fstatfs fd:u32 buf:*
fsync fd:u32
ftruncate fd:u32 length:s64
futex uaddr:* op:s32 val:u32 utime:* uaddr2:* val3:u32
futex_requeue waiters:* flags:u32 nr_wake:s32 nr_requeue:s32
futex_wait uaddr:* val:u64 mask:u64 flags:u32 timeout:* clockid:s32
futex_waitv waiters:* nr_futexes:u32 flags:u32 timeout:* clockid:s32
futex_wake uaddr:* mask:u64 nr:s32 flags:u32
futimesat dfd:s32 filename:* utimes:*
get_mempolicy policy:* nmask:* maxnode:u64 addr:u64 flags:u64
get_robust_list pid:s32 head_ptr:* len_ptr:*
getcpu cpup:* nodep:* unused:*
getcwd buf:* size:u64
getdents fd:u32 dirent:* count:u32
getdents64 fd:u32 dirent:* count:u32
getegid
geteuid
getgid
getgroups gidsetsize:s32 grouplist:*
getitimer which:s32 value:*
getpeername fd:s32 usockaddr:* usockaddr_len:*
getpgid pid:s32
getpgrp
getpid
getppid
getpriority which:s32 who:s32
getrandom ubuf:* len:u64 flags:u32
getresgid rgidp:* egidp:* sgidp:*
getresuid ruidp:* euidp:* suidp:*
getrlimit resource:u32 rlim:*
getrusage who:s32 ru:*
getsid pid:s32
getsockname fd:s32 usockaddr:* usockaddr_len:*
getsockopt fd:s32 level:s32 optname:s32 optval:* optlen:*
gettid
gettimeofday tv:* tz:*
getuid
getxattr pathname:* name:* value:* size:u64
getxattrat dfd:s32 pathname:* at_flags:u32 name:* uargs:* usize:u64
inotify_add_watch fd:s32 pathname:* mask:u32
inotify_init
inotify_init1 flags:s32
inotify_rm_watch fd:s32 wd:s32
io_cancel ctx_id:u64 iocb:* result:*
io_destroy ctx:u64
io_getevents ctx_id:u64 min_nr:s64 nr:s64 events:* timeout:*
io_pgetevents ctx_id:u64 min_nr:s64 nr:s64 events:* timeout:* usig:*
io_setup nr_events:u32 ctxp:*
io_submit ctx_id:u64 nr:s64 iocbpp:*
io_uring_enter fd:u32 to_submit:u32 min_complete:u32 flags:u32 argp:* argsz:u64
io_uring_register fd:u32 opcode:u32 arg:* nr_args:u32
io_uring_setup entries:u32 params:*
ioctl fd:u32 cmd:u32 arg:u64
ioperm from:u64 num:u64 turn_on:s32
iopl level:u32
ioprio_get which:s32 who:s32
ioprio_set which:s32 who:s32 ioprio:s32
kcmp pid1:s32 pid2:s32 type:s32 idx1:u64 idx2:u64
keyctl option:s32 arg2:u64 arg3:u64 arg4:u64 arg5:u64
kill pid:s32 sig:s32
landlock_add_rule ruleset_fd:s32 rule_type:u32 rule_attr:* flags:u32
landlock_create_ruleset attr:* size:u64 flags:u32
landlock_restrict_self ruleset_fd:s32 flags:u32
lchown filename:* user:u32 group:u32
lgetxattr pathname:* name:* value:* size:u64
link oldname:* newname:*
linkat olddfd:s32 oldname:* newdfd:s32 newname:* flags:s32
listen fd:s32 backlog:s32
listmount req:* mnt_ids:* nr_mnt_ids:u64 flags:u32
listxattr pathname:* list:* size:u64
listxattrat dfd:s32 pathname:* at_flags:u32 list:* size:u64
llistxattr pathname:* list:* size:u64
lremovexattr pathname:* name:*
lseek fd:u32 offset:s64 whence:u32
lsetxattr pathname:* name:* value:* size:u64 flags:s32
lsm_get_self_attr attr:u32 ctx:* size:* flags:u32
lsm_list_modules ids:* size:* flags:u32
lsm_set_self_attr attr:u32 ctx:* size:u32 flags:u32
madvise start:u64 len_in:u64 behavior:s32
mbind start:u64 len:u64 mode:u64 nmask:* maxnode:u64 flags:u32
membarrier cmd:s32 flags:u32 cpu_id:s32
memfd_create uname:* flags:u32
memfd_secret flags:u32
migrate_pages pid:s32 maxnode:u64 old_nodes:* new_nodes:*
mincore start:u64 len:u64 vec:*
mkdir pathname:* mode:u16
mkdirat dfd:s32 pathname:* mode:u16
mknod filename:* mode:u16 dev:u32
mknodat dfd:s32 filename:* mode:u16 dev:u32
mlock start:u64 len:u64
mlock2 start:u64 len:u64 flags:s32
mlockall flags:s32
mmap addr:u64 len:u64 prot:u64 flags:u64 fd:u64 off:u64
modify_ldt func:s32 ptr:* bytecount:u64
mount dev_name:* dir_name:* type:* flags:u64 data:*
mount_setattr dfd:s32 path:* flags:u32 uattr:* usize:u64
move_mount from_dfd:s32 from_pathname:* to_dfd:s32 to_pathname:* flags:u32
move_pages pid:s32 nr_pages:u64 pages:* nodes:* status:* flags:s32
mprotect start:u64 len:u64 prot:u64
mq_getsetattr mqdes:s32 u_mqstat:* u_omqstat:*
mq_notify mqdes:s32 u_notification:*
mq_open u_name:* oflag:s32 mode:u16 u_attr:*
mq_timedreceive mqdes:s32 u_msg_ptr:* msg_len:u64 u_msg_prio:* u_abs_timeout:*
mq_timedsend mqdes:s32 u_msg_ptr:* msg_len:u64 msg_prio:u32 u_abs_timeout:*
mq_unlink u_name:*
mremap addr:u64 old_len:u64 new_len:u64 flags:u64 new_addr:u64
mseal start:u64 len:u64 flags:u64
msgctl msqid:s32 cmd:s32 buf:*
msgget key:s32 msgflg:s32
msgrcv msqid:s32 msgp:* msgsz:u64 msgtyp:s64 msgflg:s32
msgsnd msqid:s32 msgp:* msgsz:u64 msgflg:s32
msync start:u64 len:u64 flags:s32
munlock start:u64 len:u64
munlockall
munmap addr:u64 len:u64
name_to_handle_at dfd:s32 name:* handle:* mnt_id:* flag:s32
nanosleep rqtp:* rmtp:*
newfstat fd:u32 statbuf:*
newfstatat dfd:s32 filename:* statbuf:* flag:s32
newlstat filename:* statbuf:*
newstat filename:* statbuf:*
newuname name:*
open filename:* flags:s32 mode:u16
open_by_handle_at mountdirfd:s32 handle:* flags:s32
open_tree dfd:s32 filename:* flags:u32
open_tree_attr dfd:s32 filename:* flags:u32 uattr:* usize:u64
openat dfd:s32 filename:* flags:s32 mode:u16
openat2 dfd:s32 filename:* how:* usize:u64
pause
perf_event_open attr_uptr:* pid:s32 cpu:s32 group_fd:s32 flags:u64
personality personality:u32
pidfd_getfd pidfd:s32 fd:s32 flags:u32
pidfd_open pid:s32 flags:u32
pidfd_send_signal pidfd:s32 sig:s32 info:* flags:u32
pipe fildes:*
pipe2 fildes:* flags:s32
pivot_root new_root:* put_old:*
pkey_alloc flags:u64 init_val:u64
pkey_free pkey:s32
pkey_mprotect start:u64 len:u64 prot:u64 pkey:s32
poll ufds:* nfds:u32 timeout_msecs:s32
ppoll ufds:* nfds:u32 tsp:* sigmask:* sigsetsize:u64
prctl option:s32 arg2:u64 arg3:u64 arg4:u64 arg5:u64
pread64 fd:u32 buf:* count:u64 pos:s64
preadv fd:u64 vec:* vlen:u64 pos_l:u64 pos_h:u64
preadv2 fd:u64 vec:* vlen:u64 pos_l:u64 pos_h:u64 flags:s32
prlimit64 pid:s32 resource:u32 new_rlim:* old_rlim:*
process_madvise pidfd:s32 vec:* vlen:u64 behavior:s32 flags:u32
process_mrelease pidfd:s32 flags:u32
process_vm_readv pid:s32 lvec:* liovcnt:u64 rvec:* riovcnt:u64 flags:u64
process_vm_writev pid:s32 lvec:* liovcnt:u64 rvec:* riovcnt:u64 flags:u64
pselect6 n:s32 inp:* outp:* exp:* tsp:* sig:*
ptrace request:s64 pid:s64 addr:u64 data:u64
pwrite64 fd:u32 buf:* count:u64 pos:s64
pwritev fd:u64 vec:* vlen:u64 pos_l:u64 pos_h:u64
pwritev2 fd:u64 vec:* vlen:u64 pos_l:u64 pos_h:u64 flags:s32
quotactl cmd:u32 special:* id:u32 addr:*
quotactl_fd fd:u32 cmd:u32 id:u32 addr:*
read fd:u32 buf:* count:u64
readahead fd:s32 offset:s64 count:u64
readlink path:* buf:* bufsiz:s32
readlinkat dfd:s32 pathname:* buf:* bufsiz:s32
readv fd:u64 vec:* vlen:u64
reboot magic1:s32 magic2:s32 cmd:u32 arg:*
recvfrom fd:s32 ubuf:* size:u64 flags:u32 addr:* addr_len:*
recvmmsg fd:s32 mmsg:* vlen:u32 flags:u32 timeout:*
recvmsg fd:s32 msg:* flags:u32
remap_file_pages start:u64 size:u64 prot:u64 pgoff:u64 flags:u64
removexattr pathname:* name:*
removexattrat dfd:s32 pathname:* at_flags:u32 name:*
rename oldname:* newname:*
renameat olddfd:s32 oldname:* newdfd:s32 newname:*
renameat2 olddfd:s32 oldname:* newdfd:s32 newname:* flags:u32
request_key _type:* _description:* _callout_info:* destringid:s32
restart_syscall
rmdir pathname:*
rseq rseq:* rseq_len:u32 flags:s32 sig:u32
rt_sigaction sig:s32 act:* oact:* sigsetsize:u64
rt_sigpending uset:* sigsetsize:u64
rt_sigprocmask how:s32 nset:* oset:* sigsetsize:u64
rt_sigqueueinfo pid:s32 sig:s32 uinfo:*
rt_sigreturn
rt_sigsuspend unewset:* sigsetsize:u64
rt_sigtimedwait uthese:* uinfo:* uts:* sigsetsize:u64
rt_tgsigqueueinfo tgid:s32 pid:s32 sig:s32 uinfo:*
sched_get_priority_max policy:s32
sched_get_priority_min policy:s32
sched_getaffinity pid:s32 len:u32 user_mask_ptr:*
sched_getattr pid:s32 uattr:* usize:u32 flags:u32
sched_getparam pid:s32 param:*
sched_getscheduler pid:s32
sched_rr_get_interval pid:s32 interval:*
sched_setaffinity pid:s32 len:u32 user_mask_ptr:*
sched_setattr pid:s32 uattr:* flags:u32
sched_setparam pid:s32 param:*
sched_setscheduler pid:s32 policy:s32 param:*
sched_yield
seccomp op:u32 flags:u32 uargs:*
select n:s32 inp:* outp:* exp:* tvp:*
semctl semid:s32 semnum:s32 cmd:s32 arg:u64
semget key:s32 nsems:s32 semflg:s32
semop semid:s32 tsops:* nsops:u32
semtimedop semid:s32 tsops:* nsops:u32 timeout:*
sendfile64 out_fd:s32 in_fd:s32 offset:* count:u64
sendmmsg fd:s32 mmsg:* vlen:u32 flags:u32
sendmsg fd:s32 msg:* flags:u32
sendto fd:s32 buff:* len:u64 flags:u32 addr:* addr_len:s32
set_mempolicy mode:s32 nmask:* maxnode:u64
set_mempolicy_home_node start:u64 len:u64 home_node:u64 flags:u64
set_robust_list head:* len:u64
set_tid_address tidptr:*
setdomainname name:* len:s32
setfsgid gid:u32
setfsuid uid:u32
setgid gid:u32
setgroups gidsetsize:s32 grouplist:*
sethostname name:* len:s32
setitimer which:s32 value:* ovalue:*
setns fd:s32 flags:s32
setpgid pid:s32 pgid:s32
setpriority which:s32 who:s32 niceval:s32
setregid rgid:u32 egid:u32
setresgid rgid:u32 egid:u32 sgid:u32
setresuid ruid:u32 euid:u32 suid:u32
setreuid ruid:u32 euid:u32
setrlimit resource:u32 rlim:*
setsid
setsockopt fd:s32 level:s32 optname:s32 optval:* optlen:s32
settimeofday tv:* tz:*
setuid uid:u32
setxattr pathname:* name:* value:* size:u64 flags:s32
setxattrat dfd:s32 pathname:* at_flags:u32 name:* uargs:* usize:u64
shmat shmid:s32 shmaddr:* shmflg:s32
shmctl shmid:s32 cmd:s32 buf:*
shmdt shmaddr:*
shmget key:s32 size:u64 shmflg:s32
shutdown fd:s32 how:s32
sigaltstack uss:* uoss:*
signalfd ufd:s32 user_mask:* sizemask:u64
signalfd4 ufd:s32 user_mask:* sizemask:u64 flags:s32
socket family:s32 type:s32 protocol:s32
socketpair family:s32 type:s32 protocol:s32 usockvec:*
splice fd_in:s32 off_in:* fd_out:s32 off_out:* len:u64 flags:u32
statfs pathname:* buf:*
statmount req:* buf:* bufsize:u64 flags:u32
statx dfd:s32 filename:* flags:u32 mask:u32 buffer:*
swapoff specialfile:*
swapon specialfile:* swap_flags:s32
symlink oldname:* newname:*
symlinkat oldname:* newdfd:s32 newname:*
sync
sync_file_range fd:s32 offset:s64 nbytes:s64 flags:u32
syncfs fd:s32
sysfs option:s32 arg1:u64 arg2:u64
sysinfo info:*
syslog type:s32 buf:* len:s32
tee fdin:s32 fdout:s32 len:u64 flags:u32
tgkill tgid:s32 pid:s32 sig:s32
time tloc:*
timer_create which_clock:s32 timer_event_spec:* created_timer_id:*
timer_delete timer_id:s32
timer_getoverrun timer_id:s32
timer_gettime timer_id:s32 setting:*
timer_settime timer_id:s32 flags:s32 new_setting:* old_setting:*
timerfd_create clockid:s32 flags:s32
timerfd_gettime ufd:s32 otmr:*
timerfd_settime ufd:s32 flags:s32 utmr:* otmr:*
times tbuf:*
tkill pid:s32 sig:s32
truncate path:* length:s64
umask mask:s32
umount name:* flags:s32
unlink pathname:*
unlinkat dfd:s32 pathname:* flag:s32
unshare unshare_flags:u64
uprobe
uretprobe
userfaultfd flags:s32
ustat dev:u32 ubuf:*
utime filename:* times:*
utimensat dfd:s32 filename:* utimes:* flags:s32
utimes filename:* utimes:*
vfork
vhangup
vmsplice fd:s32 uiov:* nr_segs:u64 flags:u32
wait4 upid:s32 stat_addr:* options:s32 ru:*
waitid which:s32 upid:s32 infop:* options:s32 ru:*
write fd:u32 buf:* count:u64
writev fd:u64 vec:* vlen:u64
`;
