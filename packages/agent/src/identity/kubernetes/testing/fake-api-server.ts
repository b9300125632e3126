/**
 * For tests: what a client sees of the Kubernetes API's pods, in the shapes that a real server answers with
 * (lists in pages, watches with bookmarks, 401 and 410), and of a kubelet's /pods.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";

export interface FakePod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export class FakeApiServer {
  readonly token = "token-of-the-service-account";
  /** Pods in one page of a list, whatever the client asks for. */
  pageSize = 2;
  /** Requests by what was asked, as they came. */
  readonly requests: string[] = [];
  /** Versions before this one are forgotten. */
  oldest = 0;
  readonly #tls: boolean;
  readonly #server: ReturnType<typeof createServer>;
  readonly #pods = new Map<string, FakePod>();
  readonly #watches = new Map<ServerResponse, string>();
  #version = 1000;

  /** @param tls over TLS; whoever shows a certificate that is trusted needs no token then */
  constructor(tls?: ServerOptions) {
    const answer: RequestListener = (request, response) => this.#answer(request, response);
    this.#tls = tls !== undefined;
    this.#server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `${this.#tls ? "https" : "http"}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.endWatches();
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  get watches(): number {
    return this.#watches.size;
  }

  put(pod: FakePod): void {
    const type = this.#pods.has(pod.uid) ? "MODIFIED" : "ADDED";
    this.#pods.set(pod.uid, pod);
    this.#tell(type, pod);
  }

  delete(uid: string): void {
    const pod = this.#pods.get(uid);
    this.#pods.delete(uid);
    if (pod !== undefined) this.#tell("DELETED", pod);
  }

  /** As a server does after some minutes, or when it is restarted. */
  endWatches(): void {
    for (const response of this.#watches.keys()) response.end();
    this.#watches.clear();
  }

  bookmark(): void {
    const object = { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion: String(++this.#version) }, spec: {} };
    for (const response of this.#watches.keys()) response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  #tell(type: string, pod: FakePod): void {
    const object = manifest(pod, ++this.#version);
    for (const [response, node] of this.#watches)
      if (pod.node === node) response.write(`${JSON.stringify({ type, object })}\n`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://server");
    this.requests.push(request.url ?? "");
    const known = request.socket instanceof TLSSocket && request.socket.authorized;
    if (!known && request.headers.authorization !== `Bearer ${this.token}`)
      return status(response, 401, "Unauthorized");
    if (url.pathname === "/pods")
      return json(response, { kind: "PodList", apiVersion: "v1", metadata: {}, items: this.#items() });
    if (url.pathname !== "/api/v1/pods") return status(response, 404, "NotFound");
    const node = /^spec\.nodeName=(.+)$/.exec(url.searchParams.get("fieldSelector") ?? "")?.[1] ?? "";
    if (url.searchParams.get("watch") === null) return this.#list(url, node, response);
    if (Number(url.searchParams.get("resourceVersion")) < this.oldest) {
      // A server that has begun the answer says so in the stream.
      response.write(`${JSON.stringify({ type: "ERROR", object: failure(410, "too old resource version") })}\n`);
      response.end();
      return;
    }
    response.flushHeaders();
    this.#watches.set(response, node);
    request.once("close", () => this.#watches.delete(response));
  }

  #list(url: URL, node: string, response: ServerResponse): void {
    const items = this.#items().filter(({ spec }) => spec.nodeName === node);
    const from = Number(url.searchParams.get("continue") ?? 0);
    const next = from + this.pageSize;
    const more = next < items.length ? { continue: String(next), remainingItemCount: items.length - next } : {};
    const metadata = { resourceVersion: String(this.#version), ...more };
    json(response, { kind: "PodList", apiVersion: "v1", metadata, items: items.slice(from, next) });
  }

  #items(): ReturnType<typeof manifest>[] {
    return Array.from(this.#pods.values(), (pod) => manifest(pod, this.#version));
  }
}

function manifest({ uid, name, namespace, node, labels = {}, annotations = {} }: FakePod, version: number) {
  return {
    metadata: { name, namespace, uid, resourceVersion: String(version), labels, annotations, managedFields: [] },
    spec: { nodeName: node, containers: [{ name: "main", image: "registry/main:1" }], restartPolicy: "Always" },
    status: { phase: "Running", qosClass: "Burstable", containerStatuses: [] },
  };
}

function failure(code: number, reason: string): object {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message: reason, reason, code };
}

function status(response: ServerResponse, code: number, reason: string): void {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(failure(code, reason)));
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}
