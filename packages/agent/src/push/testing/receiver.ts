/** An HTTP server that keeps what it is sent, and answers as a test tells it to. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface Received {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Statuses of the next answers; 200 afterwards. */
  readonly answers: { status: number; headers?: Record<string, string> }[];
  /** Resolves when there are so many requests. */
  until(count: number): Promise<void>;
}

export async function startReceiver(context: TestContext): Promise<Receiver> {
  const received: Received[] = [];
  const answers: Receiver["answers"] = [];
  let wake: (() => void)[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      received.push({ url: request.url ?? "", headers: request.headers, body: Buffer.concat(pieces) });
      const answer = answers.shift() ?? { status: 200 };
      response.writeHead(answer.status, answer.headers).end("told by the test");
      for (const resolve of wake.splice(0)) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers,
    async until(count) {
      while (received.length < count) await new Promise<void>((resolve) => wake.push(resolve));
    },
  };
}
