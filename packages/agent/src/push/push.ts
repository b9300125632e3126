/** Everything that is sent by the agent itself: readings at intervals, events as they come. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Family } from "../exposition/family.ts";
import type { Reading, Readings } from "../metrics/readings.ts";
import { Turns } from "../turns.ts";
import type { StreamHub } from "../streams/hub.ts";
import type { Subscription } from "../streams/subscription.ts";
import { pushFamilies } from "./families.ts";
import type { PushOptions } from "./options.ts";
import { logsRequest, metricsRequests, type OtlpOptions } from "./otlp.ts";
import { REMOTE_WRITE_HEADERS, writeRequests } from "./remote-write.ts";
import { type Body, Sender } from "./sender.ts";

interface Target {
  readonly sender: Sender;
  readonly bodies: (reading: Reading) => Iterable<Body>;
}

/** Events gathered in one request of logs, and for how long at most. */
const MOST_EVENTS = 1000;
const GATHER = 1000;
/** Milliseconds that what waits gets when the agent ends. */
const LAST_PATIENCE = 3000;

export class Push {
  readonly #options: PushOptions;
  readonly #readings: Readings;
  readonly #targets: readonly Target[];
  readonly #logs: Sender | undefined;
  readonly #events: Subscription | undefined;
  readonly #done: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #lostEvents: number = 0;

  constructor(options: PushOptions, readings: Readings, streams: StreamHub) {
    this.#options = options;
    this.#readings = readings;
    const { remoteWrite, otlp, labels, headers, report, version } = options;
    const otlpOptions: OtlpOptions = { encoding: options.otlpEncoding, labels, version };
    const type = options.otlpEncoding === "json" ? "application/json" : "application/x-protobuf";
    const userAgent = { "user-agent": `sonde/${version}` };
    const targets: Target[] = [];
    if (remoteWrite !== undefined)
      targets.push({
        sender: new Sender({
          name: "remote_write",
          url: remoteWrite,
          headers: { ...userAgent, ...REMOTE_WRITE_HEADERS, ...headers },
          report,
        }),
        bodies: (reading) => writeRequests(reading, labels),
      });
    if (otlp !== undefined) {
      const sender = (name: string, path: string): Sender =>
        new Sender({
          name,
          url: `${otlp.replace(/\/$/, "")}${path}`,
          headers: { ...userAgent, "content-type": type, ...headers },
          report,
        });
      targets.push({
        sender: sender("otlp_metrics", "/v1/metrics"),
        bodies: (reading) => metricsRequests(reading, otlpOptions),
      });
      this.#logs = sender("otlp_logs", "/v1/logs");
      this.#events = streams.subscribeAll((count) => (this.#lostEvents += count));
    }
    this.#targets = targets;
    this.#done = this.#events === undefined ? Promise.resolve() : this.#sendEvents(this.#events, otlpOptions);
    this.#timer = setInterval(() => void this.#send(), options.interval);
  }

  /** Sends a last reading. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#send();
    this.#events?.close();
    await this.#done;
    await Promise.all(this.#senders.map((sender) => sender.stop(LAST_PATIENCE)));
  }

  families(): Family[] {
    return pushFamilies(this.#senders, this.#lostEvents);
  }

  get #senders(): readonly Sender[] {
    return [...this.#targets.map(({ sender }) => sender), ...(this.#logs === undefined ? [] : [this.#logs])];
  }

  async #send(): Promise<void> {
    try {
      const reading = await this.#readings.take();
      const turns = new Turns();
      for (const { sender, bodies } of this.#targets) {
        for (const body of bodies(reading)) {
          sender.add(body);
          if (turns.over) await turns.pass();
        }
      }
    } catch (error) {
      this.#options.report("warn", `nothing is sent: ${(error as Error).message}`);
    }
  }

  async #sendEvents(events: Subscription, options: OtlpOptions): Promise<void> {
    for await (const delivery of events) {
      for (let from = 0; from < delivery.events.length; from += MOST_EVENTS)
        this.#logs!.add(logsRequest(delivery.events.slice(from, from + MOST_EVENTS), options));
      await sleep(GATHER);
    }
  }
}
