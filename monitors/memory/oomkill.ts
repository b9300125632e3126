// Processes that the kernel kills because memory has run out.
import { counter, decode, monitor, readKernelString, stream, tracepoint } from "sonde/probe";

monitor("oomkill", { help: "Processes killed for want of memory" });

const kills = counter("oom_kills", { help: "Processes killed for want of memory" });
const victims = stream(
  "victims",
  { time: decode.time, killer: decode.pid, comm: decode.comm, pid: decode.int, victim: decode.text },
  { help: "A process is to be killed" },
);

tracepoint("oom:mark_victim", (event) => {
  const { pid } = event;
  kills.increment();
  // The name is given from 6.9 on.
  if ("comm" in event) victims.emit({ pid, victim: readKernelString(event.comm, 16) });
  else victims.emit({ pid, victim: "" });
});
