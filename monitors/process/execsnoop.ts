// Programs as they are started, and whether that worked.
import {
  comm,
  decode,
  hash,
  monitor,
  param,
  ppid,
  readUser,
  readUserString,
  stream,
  tid,
  tracepoint,
} from "sonde/probe";
import { uid } from "sonde/probe";
import type { text, u32, u64 } from "sonde/probe";

monitor("execsnoop", { help: "Programs as they are started", enabled: false });

const fails = param("fails", false, { short: "x", help: "starts that failed, too" });
const user = param("user", -1, { short: "u", help: "only by the user with this number", min: -1 });
const parent = param("parent", 0, { short: "P", help: "only by the parent process with this number", min: 0 });
const name = param("name", "", { short: "n", help: "only what has this name once it is started", size: 16 });

interface Start {
  path: text<128>;
  arg1: text<64>;
  arg2: text<64>;
  arg3: text<64>;
  arg4: text<64>;
}
const started = hash<u32, Start>({ maxEntries: 1024 });
const starts = stream(
  "starts",
  {
    time: decode.time,
    pid: decode.pid,
    ppid: decode.ppid,
    uid: decode.uid,
    comm: decode.comm,
    error: decode.int,
    path: decode.text(128),
    arg1: decode.text(64),
    arg2: decode.text(64),
    arg3: decode.text(64),
    arg4: decode.text(64),
  },
  { help: "A program was started, or could not be" },
);

/** The argument that stands so many pointers behind the first; nothing where the list has ended before. */
const argument = (argv: number, index: number): text<64> => readUserString(readUser<u64>(argv + index * 8), 64);

tracepoint("syscalls:sys_enter_execve", ({ filename, argv }) => {
  if (user >= 0 && uid() !== user) return;
  if (parent !== 0 && ppid() !== parent) return;
  const more = readUser<u64>(argv + 8) !== 0 && readUser<u64>(argv + 16) !== 0;
  const last = more && readUser<u64>(argv + 24) !== 0;
  started.set(tid(), {
    path: readUserString(filename, 128),
    arg1: argument(argv, 1),
    arg2: argument(argv, 2),
    arg3: readUserString(more ? readUser<u64>(argv + 24) : 0, 64),
    arg4: readUserString(last ? readUser<u64>(argv + 32) : 0, 64),
  });
});

tracepoint("syscalls:sys_exit_execve", ({ ret }) => {
  const start = started.get(tid());
  if (start === undefined) return;
  if ((ret === 0 || fails) && (name === "" || comm() === name)) {
    starts.emit({
      error: ret < 0 ? -ret : 0,
      path: start.path,
      arg1: start.arg1,
      arg2: start.arg2,
      arg3: start.arg3,
      arg4: start.arg4,
    });
  }
  started.delete(tid());
});
