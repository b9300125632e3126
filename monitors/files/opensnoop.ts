// Files as they are opened, and with what result.
import { comm, decode, hash, monitor, param, readUserString, stream, tid, tracepoint, uid } from "sonde/probe";
import type { u32, u64 } from "sonde/probe";

monitor("opensnoop", { help: "Files as they are opened", enabled: false });

const failed = param("failed", false, { short: "x", help: "only opens that failed" });
const thread = param("thread", 0, { short: "t", help: "only by the thread with this number", min: 0 });
const user = param("user", -1, { short: "u", help: "only by the user with this number", min: -1 });
const name = param("name", "", { short: "n", help: "only by commands of this name", size: 16 });
const flagged = param("flags", 0, { short: "f", help: "only with all of these flags set (O_CREAT is 64)", min: 0 });

interface Entry {
  path: u64;
  flags: u32;
}
const entered = hash<u32, Entry>();
const opens = stream(
  "opens",
  {
    pid: decode.pid,
    tid: decode.tid,
    uid: decode.uid,
    comm: decode.comm,
    fd: decode.int,
    error: decode.int,
    flags: decode.uint,
    path: decode.path,
  },
  { help: "A file was opened, or could not be" },
);

function begin(path: u64, flags: u32): void {
  if (thread !== 0 && tid() !== thread) return;
  if (user >= 0 && uid() !== user) return;
  if ((flags & flagged) !== flagged) return;
  if (name !== "" && comm() !== name) return;
  entered.set(tid(), { path, flags });
}

function end(ret: number): void {
  const entry = entered.take(tid());
  if (entry === undefined) return;
  if (failed && ret >= 0) return;
  // The path is in the process's memory only after the call has read it.
  opens.emit({
    fd: ret >= 0 ? ret : -1,
    error: ret < 0 ? -ret : 0,
    flags: entry.flags,
    path: readUserString(entry.path, 256),
  });
}

tracepoint("syscalls:sys_enter_open", ({ filename, flags }) => begin(filename, flags));
tracepoint("syscalls:sys_enter_openat", ({ filename, flags }) => begin(filename, flags));
tracepoint("syscalls:sys_exit_open", ({ ret }) => end(ret));
tracepoint("syscalls:sys_exit_openat", ({ ret }) => end(ret));
