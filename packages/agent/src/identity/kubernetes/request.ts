/** One request to the API server or the kubelet, over node:https: lists as a whole, watches line by line. */
import { readFileSync } from "node:fs";
import { get as getPlain, type IncomingMessage } from "node:http";
import { get as getSecure, type RequestOptions } from "node:https";
import { createInterface } from "node:readline";

export interface Endpoint {
  /** https://HOST:PORT; http for a kubelet's read-only port and for tests. */
  readonly url: string;
  /** Read anew for each request: the kubelet renews it every hour. */
  readonly tokenFile?: string;
  /** The certificate authority's certificate. */
  readonly caFile?: string;
  /** A certificate and its key that say who asks; read anew too. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Of kubelets whose certificate nobody signed. */
  readonly insecure?: boolean;
}

/** The server answered with another status than 200. */
export class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";
  readonly status: number;
  constructor(url: string, status: number, body: string) {
    super(`GET ${url} answered ${status}${body === "" ? "" : `: ${body.slice(0, 300)}`}`);
    this.status = status;
  }
}

/** Ten thousand pods are some 100 MB. */
const MOST_BYTES = 256 << 20;
const CONNECT_TIMEOUT = 10_000;

/** Errors: HttpStatusError; Error of the connection, of too long an answer, or of an aborted signal. */
export async function getJson(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<unknown> {
  const answer = await open(endpoint, path, signal);
  return JSON.parse(await bodyOf(answer)) as unknown;
}

/** Each line of an answer that does not end, as it comes. */
export async function* getLines(endpoint: Endpoint, path: string, signal: AbortSignal): AsyncGenerator<string> {
  const answer = await open(endpoint, path, signal);
  try {
    yield* createInterface({ input: answer, crlfDelay: Infinity });
  } finally {
    answer.destroy();
  }
}

async function open(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const url = endpoint.url + path;
  const { tokenFile, caFile, certFile, keyFile, insecure = false } = endpoint;
  const options: RequestOptions = {
    signal,
    headers: {
      accept: "application/json",
      ...(tokenFile !== undefined && { authorization: `Bearer ${readFileSync(tokenFile, "utf8").trim()}` }),
    },
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(certFile !== undefined && { cert: readFileSync(certFile) }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
    ...(insecure && { rejectUnauthorized: false }),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = (url.startsWith("https:") ? getSecure : getPlain)(url, options, resolve);
    request.setTimeout(CONNECT_TIMEOUT, () => request.destroy(new Error(`GET ${url}: no answer within 10 s`)));
    request.once("error", reject);
    // A watch is silent for as long as nothing changes.
    request.once("response", () => request.setTimeout(0));
  });
  if (answer.statusCode === 200) return answer;
  throw new HttpStatusError(url, answer.statusCode ?? 0, await bodyOf(answer).catch(() => ""));
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
