// Processes that the kernel kills because memory has run out.
import { counter, decode, monitor, stream, tracepoint } from "sonde/probe";

monitor("oomkill", { help: "Processes killed for want of memory" });

const kills = counter("oom_kills", { help: "Processes killed for want of memory" });
const victims = stream(
  "victims",
  { time: decode.time, killer: decode.pid, pid: decode.int },
  { help: "A process is to be killed" },
);

tracepoint("oom:mark_victim", ({ pid }) => {
  kills.increment();
  victims.emit({ pid });
});
