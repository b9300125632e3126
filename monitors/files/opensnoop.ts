// Files as they are opened, and with what result.
import { decode, hash, monitor, param, readUserString, stream, tid, tracepoint } from "sonde/probe";
import type { u32, u64 } from "sonde/probe";

monitor("opensnoop", { help: "Files as they are opened", enabled: false });

const failed = param("failed", false, { help: "only opens that failed" });

interface Entry {
  path: u64;
  flags: u32;
}
const entered = hash<u32, Entry>();
const opens = stream(
  "opens",
  {
    pid: decode.pid,
    comm: decode.comm,
    fd: decode.int,
    error: decode.int,
    flags: decode.uint,
    path: decode.path,
  },
  { help: "A file was opened, or could not be" },
);

function begin(path: u64, flags: u32): void {
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
