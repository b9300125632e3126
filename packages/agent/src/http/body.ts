/** Bodies of requests: read to a limit, never further, and JSON only to a depth. */
import { ApiError } from "./errors.ts";
import type { BodyRule } from "./route.ts";

/** Deeper than any request of this API, far from what would exhaust a stack. */
const MAX_DEPTH = 32;

/** The bytes of a request's body. @throws {ApiError} 413 when there are more than the rule allows, 415 for another media type */
export async function readBody(request: Request, rule: BodyRule): Promise<Uint8Array> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== undefined && !rule.types.includes(type))
    throw new ApiError(415, `a body of type '${type.slice(0, 80)}' is not understood; send ${rule.types.join(" or ")}`);
  const tooLarge = (): ApiError =>
    new ApiError(413, `the body is larger than ${rule.maxBytes} bytes`, { connection: "close" });
  if (Number(request.headers.get("content-length") ?? 0) > rule.maxBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array(0);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += piece.byteLength;
    if (size > rule.maxBytes) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

/** @throws {ApiError} 400 for what is no JSON, or is nested too deeply */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) throw new ApiError(400, "the request has no body; send JSON");
  if (depthOf(bytes) > MAX_DEPTH) throw new ApiError(400, `the JSON is nested more than ${MAX_DEPTH} levels deep`);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ApiError(400, `the body is no JSON: ${(error as Error).message}`);
  }
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** How deeply the brackets outside of strings are nested, without recursion. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === OPEN || byte === OPEN_LIST) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE || byte === CLOSE_LIST) depth--;
  }
  return deepest;
}
