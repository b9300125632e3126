// prom-client.js SERIES PORT: as many counter series as asked for, kept and rendered by prom-client.
import { createServer } from "node:http";
import { createGzip } from "node:zlib";
import client from "prom-client";

const [series, port] = process.argv.slice(2).map(Number);
const counter = new client.Counter({
  name: "sonde_bench_calls_total",
  help: "Calls by number",
  labelNames: ["id", "comm"],
});
for (let id = 1; id <= (series ?? 0); id++) counter.inc({ id, comm: "dd" }, 1);

const server = createServer((request, response) => {
  if (request.url !== "/metrics") return response.end("ok\n");
  void client.register.metrics().then((text) => {
    if (request.headers["accept-encoding"] !== "gzip") return response.end(text);
    response.setHeader("content-encoding", "gzip");
    const gzip = createGzip({ level: 1 });
    gzip.pipe(response);
    return gzip.end(text);
  });
  return undefined;
});
server.listen(port, "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
