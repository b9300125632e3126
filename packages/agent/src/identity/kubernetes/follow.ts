/** Where pods are asked for: what was configured, else what a pod finds in its environment. */
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { followApiServer } from "./api-server.ts";
import { followKubelet } from "./kubelet.ts";
import type { PodStore } from "./pod-store.ts";

export interface KubernetesOptions {
  /** "auto": the API server if this process runs in a pod; "off": nobody; else the URL of an API server or, with "kubelet", of a kubelet. */
  readonly source: "auto" | "off" | { readonly server: string } | { readonly kubelet: string };
  /** spec.nodeName of this node; NODE_NAME of the environment, or the host's name. */
  readonly node?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  /** A client's certificate and its key. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Do not check the kubelet's certificate. */
  readonly insecure?: boolean;
}

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Keeps the store current until the signal is aborted; returns whom it asks, or undefined if there is nobody. */
export function followPods(
  options: KubernetesOptions,
  store: PodStore,
  onError: (error: Error) => void,
  signal: AbortSignal,
): string | undefined {
  const { source, insecure = false, certFile, keyFile } = options;
  if (source === "off") return undefined;
  const tokenFile = options.tokenFile ?? present(`${ACCOUNT}/token`);
  const caFile = options.caFile ?? present(`${ACCOUNT}/ca.crt`);
  const to = (url: string): Parameters<typeof followKubelet>[0]["endpoint"] => ({
    url: url.replace(/\/$/, ""),
    insecure,
    ...(tokenFile !== undefined && { tokenFile }),
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
  });
  if (source !== "auto" && "kubelet" in source) {
    void followKubelet({ endpoint: to(source.kubelet), store, onError }, signal);
    return source.kubelet;
  }
  const server = source === "auto" ? inCluster() : source.server;
  if (server === undefined) return undefined;
  const node = options.node ?? process.env["NODE_NAME"] ?? hostname();
  void followApiServer({ endpoint: to(server), node, store, onError }, signal);
  return server;
}

/** Set in every container of a pod. */
function inCluster(): string | undefined {
  const host = process.env["KUBERNETES_SERVICE_HOST"];
  const port = process.env["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === undefined || !existsSync(`${ACCOUNT}/token`)) return undefined;
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function present(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
