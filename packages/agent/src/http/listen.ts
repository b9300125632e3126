/** The port: plain or TLS, with limits that no request and no connection gets around. */
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Undefined: without encryption. */
  readonly tls: TlsFiles | undefined;
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Of the authority whose certificates may change things; undefined: certificates are not asked for. */
  readonly clientAuthority: string | undefined;
}

/** Connections at the same time: scrapes, streams, and whoever else. */
const MOST_CONNECTIONS = 256;
const LIMITS: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  /** Milliseconds for all headers, and for all of a request: who sends a byte a second holds a connection no longer. */
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
};
const MOST_HEADERS = 100;
/** Milliseconds without a byte in either direction; streams send one every 15 s. */
const SILENCE = 90_000;

/** @throws {Error} the address is in use, a file cannot be read or is not what it should be */
export async function listen(
  app: Hono,
  options: ListenOptions,
): Promise<{ readonly server: Server; readonly url: string }> {
  const { host, port, tls } = options;
  const listener = getRequestListener(app.fetch);
  const handle: Parameters<typeof createServer>[1] = (request, response) => void listener(request, response);
  const server =
    tls === undefined ? createServer(LIMITS, handle) : createTlsServer({ ...LIMITS, ...tlsOptions(tls) }, handle);
  server.maxConnections = MOST_CONNECTIONS;
  server.maxHeadersCount = MOST_HEADERS;
  server.setTimeout(SILENCE);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new Error(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error })),
    );
    server.listen(port, host, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  const name = family === "IPv6" ? `[${address}]` : address;
  return { server, url: `${tls === undefined ? "http" : "https"}://${name}:${taken}` };
}

function tlsOptions({ certificate, key, clientAuthority }: TlsFiles) {
  return {
    cert: readPem(certificate, "the certificate"),
    key: readPem(key, "the key"),
    minVersion: "TLSv1.2",
    ...(clientAuthority !== undefined && {
      ca: readPem(clientAuthority, "the authority's certificate"),
      requestCert: true,
      // Reading is open to who has none: whether there was one is asked for each request.
      rejectUnauthorized: false,
    }),
  } as const;
}

function readPem(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`cannot read ${what} ${file}: ${(error as Error).message}`, { cause: error });
  }
}
