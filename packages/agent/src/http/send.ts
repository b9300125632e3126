/**
 * Bodies that are made piece by piece. Each piece is asked for when the one before is on its way, so that
 * a slow reader costs one piece of memory and its producer may use that memory again.
 */
import type { ServerResponse } from "node:http";
import { constants, createGzip, type Gzip, gzipSync } from "node:zlib";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import { Turns } from "../turns.ts";

type Pieces = Iterator<Uint8Array, void> | AsyncIterator<Uint8Array, void>;

/**
 * @param pieces each is valid until the next is asked for; an empty one is a pause; endless ones end when the reader has left
 * @param left called when the reader is gone, before its time or not
 */
export async function sendPieces(
  http: Context,
  headers: Readonly<Record<string, string>>,
  pieces: Pieces,
  left: () => void = () => {},
): Promise<Response> {
  // Endless bodies must not wait for a compressor that gathers.
  const endless = Symbol.asyncIterator in pieces;
  const zipped = !endless && acceptsGzip(http.req.header("accept-encoding"));
  const all = { ...headers, vary: "accept, accept-encoding", ...(zipped && { "content-encoding": "gzip" }) };
  const response = (http.env as { outgoing?: ServerResponse } | undefined)?.outgoing;
  if (response === undefined) return withoutSocket(pieces, all, zipped);
  response.once("close", left);
  response.writeHead(200, all);
  try {
    await writeAll(zipped ? zippedInto(response) : response, pieces);
  } catch (error) {
    // Its status is sent: that the body is not whole shows in how the connection ends.
    response.destroy(error as Error);
  }
  return RESPONSE_ALREADY_SENT;
}

/** `gzip` or `*` is named, and not with the weight 0. */
export function acceptsGzip(header: string | undefined): boolean {
  return (header ?? "")
    .toLowerCase()
    .split(",")
    .slice(0, 32)
    .some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/.test(part));
}

/** The fastest level: it makes a tenth of the text, and the best would cost five times as much for a third less. */
function zippedInto(response: ServerResponse): Gzip {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  response.once("close", () => gzip.destroy());
  gzip.pipe(response);
  return gzip;
}

async function writeAll(target: ServerResponse | Gzip, pieces: Pieces): Promise<void> {
  const turns = new Turns();
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    if (turns.over) await turns.pass();
    if (next.value.length > 0 && !(await written(target, next.value))) {
      await pieces.return?.();
      return;
    }
  }
  target.end();
}

/** False when the reader has left. */
function written(target: ServerResponse | Gzip, piece: Uint8Array): Promise<boolean> {
  if (target.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const gone = (): void => resolve(false);
    target.once("close", gone);
    target.write(piece, (error) => {
      target.off("close", gone);
      resolve(error === undefined || error === null);
    });
  });
}

/** As `app.request()` gets it in tests. */
async function withoutSocket(pieces: Pieces, headers: Record<string, string>, zipped: boolean): Promise<Response> {
  const copies: Uint8Array[] = [];
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next())
    copies.push(Buffer.from(next.value));
  const body = Buffer.concat(copies);
  return new Response(zipped ? gzipSync(body) : body, { headers });
}
