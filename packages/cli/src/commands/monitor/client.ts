/** Speaks to an agent's API, and says what it answered in words. */
import { readFileSync } from "node:fs";
import { FileError } from "../../files.ts";
import type { Changed } from "../monitor.ts";
import type { JournalEntry, MonitorStatus } from "./model.ts";
import type { MonitorFile } from "./upload.ts";

/** Milliseconds: a version may verify for long. */
const TIMEOUT = 60_000;

export class AgentClient {
  readonly #url: string;
  readonly #token: string | undefined;

  /** @param tokenFile with the token that changes need, if the agent asks for one */
  constructor(url: string, tokenFile: string | undefined) {
    this.#url = (/^https?:\/\//.test(url) ? url : `http://${url}`).replace(/\/+$/, "");
    this.#token = tokenFile === undefined ? undefined : readToken(tokenFile);
  }

  async list(): Promise<readonly MonitorStatus[]> {
    const { body } = await this.#call("GET", "");
    return (body as { monitors: MonitorStatus[] }).monitors;
  }

  async show(name: string): Promise<MonitorStatus> {
    return (await this.#call("GET", `/${encodeURIComponent(name)}`)).body as MonitorStatus;
  }

  async change(name: string, verb: "enable" | "disable" | "upgrade" | "rollback"): Promise<Changed> {
    const { body, ok } = await this.#call("POST", `/${encodeURIComponent(name)}/${verb}`);
    return { status: body as MonitorStatus, done: ok };
  }

  async upgrade(name: string, { file, bytes, signature }: MonitorFile): Promise<Changed> {
    const path = `/${encodeURIComponent(name)}/upgrade?file=${encodeURIComponent(file)}`;
    const { body, ok } = await this.#call("POST", path, {
      type: "application/octet-stream",
      bytes,
      ...(signature !== undefined && { headers: { "sonde-signature": signature } }),
    });
    return { status: body as MonitorStatus, done: ok };
  }

  async setParam(name: string, param: string, value: string): Promise<MonitorStatus> {
    const path = `/${encodeURIComponent(name)}/params/${encodeURIComponent(param)}`;
    const bytes = new TextEncoder().encode(JSON.stringify({ value }));
    return (await this.#call("PUT", path, { type: "application/json", bytes })).body as MonitorStatus;
  }

  async remove(name: string): Promise<void> {
    await this.#call("DELETE", `/${encodeURIComponent(name)}`);
  }

  async logs(name: string): Promise<readonly JournalEntry[]> {
    const { body } = await this.#call("GET", `/${encodeURIComponent(name)}/logs`);
    return (body as { entries: JournalEntry[] }).entries;
  }

  /** 422 is an answer: it was tried and did not come about. Every other refusal is an error with the agent's words. */
  async #call(
    method: string,
    path: string,
    content?: {
      readonly type: string;
      readonly bytes: Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<{ readonly body: unknown; readonly ok: boolean }> {
    const answer = await this.#fetch(`${this.#url}/api/v1/monitors${path}`, {
      method,
      headers: {
        ...(content !== undefined && { "content-type": content.type, ...content.headers }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
      ...(content !== undefined && { body: content.bytes as Uint8Array<ArrayBuffer> }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (answer.status === 204) return { body: undefined, ok: true };
    const body = await bodyOf(answer);
    if (answer.ok || answer.status === 422) return { body, ok: answer.ok };
    const said = (body as { error?: unknown } | undefined)?.error;
    throw new Error(
      `the agent at ${this.#url} refused (${answer.status}): ${typeof said === "string" ? said : "it does not say why"}`,
    );
  }

  async #fetch(url: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(url, request);
    } catch (error) {
      const cause = (error as Error).cause;
      const why = cause instanceof Error ? cause.message : (error as Error).message;
      throw new Error(
        `no agent answers at ${this.#url}: ${why}. Start one with 'sonde agent', or say where it is (--agent URL)`,
        { cause: error },
      );
    }
  }
}

async function bodyOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    throw new Error(`${answer.url} answers, but not as an agent of Sonde does (${answer.status}, no JSON)`);
  }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new FileError("cannot read the token", file, error);
  }
}
