// How often programs pass one of their static probe points (USDT). Which one is said when the monitor is built:
//
//     USDT=/usr/bin/python3:python:gc__start sonde run usdtcount
import { counter, decode, monitor, usdt } from "sonde/probe";

monitor("usdtcount", {
  help: "How often programs pass a static probe point (USDT=path:provider:name)",
  enabled: false,
});

const point = process.env["USDT"] ?? "libstdc++:libstdcxx:throw";
const [path, provider, name, more] = point.split(":");
if (path === undefined || provider === undefined || name === undefined || more !== undefined)
  throw new Error(`USDT takes path:provider:name, not '${point}'`);

const passes = counter("usdt_passes", {
  help: "Times that the probe point was passed",
  labels: { point: decode.text(64), pid: decode.pid, comm: decode.comm },
});
const label = `${provider}:${name}`;

usdt(path, provider, name, () => passes.increment({ point: label }));
