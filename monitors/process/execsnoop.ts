// Programs as they are started, and whether that worked.
import { decode, hash, monitor, param, readUser, readUserString, stream, tid, tracepoint } from "sonde/probe";
import type { text, u32, u64 } from "sonde/probe";

monitor("execsnoop", { help: "Programs as they are started", enabled: false });

const fails = param("fails", false, { help: "starts that failed, too" });

interface Start {
  path: text<128>;
  arg1: text<64>;
  arg2: text<64>;
}
const started = hash<u32, Start>({ maxEntries: 1024 });
const starts = stream(
  "starts",
  {
    pid: decode.pid,
    ppid: decode.ppid,
    uid: decode.uid,
    comm: decode.comm,
    error: decode.int,
    path: decode.text(128),
    arg1: decode.text(64),
    arg2: decode.text(64),
  },
  { help: "A program was started, or could not be" },
);

tracepoint("syscalls:sys_enter_execve", ({ filename, argv }) => {
  started.set(tid(), {
    path: readUserString(filename, 128),
    arg1: readUserString(readUser<u64>(argv + 8), 64),
    arg2: readUserString(readUser<u64>(argv + 16), 64),
  });
});

tracepoint("syscalls:sys_exit_execve", ({ ret }) => {
  const start = started.get(tid());
  if (start === undefined) return;
  if (ret === 0 || fails) {
    starts.emit({ error: ret < 0 ? -ret : 0, path: start.path, arg1: start.arg1, arg2: start.arg2 });
  }
  started.delete(tid());
});
