import { detachAgent, type KubernetesOptions, type LogLevel, startAgent } from "@sonde/agent";
import { type ParsedArguments, UsageError } from "../command.ts";
import { print } from "../output/say.ts";
import { VERSION } from "../version.ts";
import { pushOptions } from "./agent-push.ts";
import { confineAgent, readToken, tlsFiles } from "./agent-security.ts";
import { shippedMonitors } from "./shipped-monitors.ts";

/** `sonde agent`: until SIGINT or SIGTERM. */
export async function run(args: ParsedArguments): Promise<number> {
  if (args.words.length > 0)
    throw new UsageError(`'${args.words[0]!}' is not understood; the agent takes options only`);
  const exporter = args.value("ebpf-exporter-config");
  if (exporter !== undefined && args.value("monitors") !== undefined)
    throw new UsageError(
      "--ebpf-exporter-config names the directory of monitors: put other monitors there too, or leave one of the two out",
    );
  // Whoever comes from ebpf_exporter is scraped where that one is.
  const { host, port } = listenAddress(args.value("listen") ?? (exporter === undefined ? "127.0.0.1:9435" : ":9435"));
  const tokenFile = args.value("token-file");
  const state = args.value("state");
  if (args.flag("detach")) return detach(state);
  confineAgent(args.value("keep-capabilities"));
  const agent = await startAgent({
    host,
    port,
    version: VERSION,
    directory: exporter ?? args.value("monitors") ?? shippedMonitors(),
    only: args
      .value("only")
      ?.split(",")
      .map((name) => name.trim()),
    state,
    limits: {
      memory: number("memory-limit", args.value("memory-limit") ?? "512", "megabytes") * 1_000_000,
      cpu: number("cpu-limit", args.value("cpu-limit") ?? "0.5", "CPUs, such as 0.5"),
    },
    healthWindow: seconds("health-window", args.value("health-window") ?? "10") * 1000,
    token: tokenFile === undefined ? undefined : readToken(tokenFile),
    tls: tlsFiles(args),
    protectReading: args.flag("protect-reading"),
    trustedKeys: args.value("trusted-keys"),
    kubernetes: kubernetesOptions(args),
    hostRoot: (args.value("host-root") ?? "").replace(/\/+$/, ""),
    historyMemory: megabytes(args.value("history-memory") ?? "16"),
    push: pushOptions(args),
    logLevel: (args.value("log-level") ?? "info") as LogLevel,
  });
  const signal = await new Promise<"SIGINT" | "SIGTERM">((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve(name));
  });
  // Ctrl-C is a person who wants it to end; service managers send SIGTERM for a restart too.
  await agent.stop(signal === "SIGINT");
  return 0;
}

/** Whom to ask for pods. */
function kubernetesOptions(args: ParsedArguments): KubernetesOptions {
  const server = args.value("kubernetes") ?? "auto";
  const kubelet = args.value("kubelet");
  const node = args.value("node-name");
  const tokenFile = args.value("kubernetes-token-file");
  const caFile = args.value("kubernetes-ca-file");
  for (const url of [server, kubelet])
    if (url !== undefined && url !== "auto" && url !== "off" && !/^https?:\/\/\S+$/.test(url))
      throw new UsageError(`a server of Kubernetes is named by its URL, such as https://10.0.0.1:6443, not '${url}'`);
  const certFile = args.value("kubernetes-cert-file");
  const keyFile = args.value("kubernetes-key-file");
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new UsageError("--kubernetes-cert-file and --kubernetes-key-file go together");
  const source = kubelet !== undefined ? { kubelet } : server === "auto" || server === "off" ? server : { server };
  return {
    source,
    insecure: args.flag("kubernetes-insecure"),
    ...(node !== undefined && { node }),
    ...(tokenFile !== undefined && { tokenFile }),
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
  };
}

function detach(state: string | undefined): number {
  if (state === undefined) throw new UsageError("--detach needs --state DIR: the agent that left something attached");
  const count = detachAgent(state);
  print(`${count === 0 ? "nothing was" : `${count} ${count === 1 ? "monitor was" : "monitors were"}`} attached\n`);
  return 0;
}

function number(option: string, text: string, what: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1e9)) throw new UsageError(`--${option} takes a number of ${what}, not '${text}'`);
  return value;
}

function seconds(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400)) throw new UsageError(`--${option} takes seconds, such as 10, not '${text}'`);
  return value;
}

/** "HOST:PORT", "[v6]:PORT", ":PORT" for every address. */
function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535)
    throw new UsageError(`--listen takes ADDRESS:PORT, such as 127.0.0.1:9435 or [::1]:9435, not '${text}'`);
  return { host: match[1] ?? (match[2] === "" || match[2] === undefined ? "::" : match[2]), port };
}

function megabytes(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new UsageError(`--history-memory takes a number of megabytes, not '${text}'`);
  return Number(text) * 1_000_000;
}
