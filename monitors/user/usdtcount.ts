// How often programs pass one of their static probe points (USDT):
//
//     sonde run usdtcount --path /usr/bin/python3 --provider python --point gc__start
import { counter, decode, monitor, param, usdt } from "sonde/probe";

monitor("usdtcount", {
  help: "How often programs pass a static probe point",
  enabled: false,
});

const path = param("path", "libstdc++", { help: "the program or library", size: 256 });
const provider = param("provider", "libstdcxx", { help: "the probe point's provider" });
const point = param("point", "throw", { help: "the probe point's name" });

const passes = counter("usdt_passes", {
  help: "Times that the probe point was passed",
  labels: { provider: decode.text(64), point: decode.text(64), pid: decode.pid, comm: decode.comm },
});

usdt(path, provider, point, () => passes.increment({ provider, point }));
