import { MonitorRequestError } from "../monitor/monitor.ts";
import { ParamError } from "@sonde/runtime/params";
import { MonitorSourceError } from "../monitor/source.ts";
import { UnknownMonitorError } from "./agent-face.ts";

/** What a caller did wrong, or what cannot be done for it: becomes an answer with this status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: 400 | 401 | 403 | 404 | 406 | 409 | 411 | 413 | 415 | 422 | 429 | 503;
  /** Headers that the status asks for, such as Retry-After. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ApiError["status"], message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Every error of the API in its one form: `{"error": "..."}`. */
export function errorResponse(error: unknown): Response {
  if (error instanceof ApiError) return refusal(error.status, error.message, error.headers);
  if (error instanceof UnknownMonitorError) return refusal(404, error.message);
  if (error instanceof ParamError || error instanceof MonitorSourceError) return refusal(400, error.message);
  if (error instanceof MonitorRequestError) return refusal(409, error.message);
  return refusal(500, error instanceof Error ? error.message : String(error));
}

function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json({ error: message }, { status, headers });
}
