/** What the agent knows and whoever asks for it, put together: readings, their history, streams, what is sent. */
import type { Family } from "./exposition/family.ts";
import { History } from "./history/history.ts";
import { Readings } from "./metrics/readings.ts";
import type { PushOptions } from "./push/options.ts";
import type { Push } from "./push/push.ts";
import type { Steps } from "./turns.ts";
import type { StreamHub } from "./streams/hub.ts";

export interface DataOptions {
  /** Bytes for the last hour of every metric; 0 for none. */
  readonly historyMemory: number;
  readonly push: PushOptions | undefined;
}

export interface Data {
  readonly readings: Readings;
  readonly history: History;
  readonly streams: StreamHub;
  /** Sends what is to be sent at the end. Monitors must still be there. */
  stop(): Promise<void>;
}

/** Milliseconds between the samples of history. */
const SAMPLE_INTERVAL = 5000;

/** @param monitors whose metrics are read */
export async function startData(
  monitors: { families(): Steps<readonly Family[]> },
  streams: StreamHub,
  options: DataOptions,
): Promise<Data> {
  let push: Push | undefined;
  const history = new History({ memory: options.historyMemory, interval: SAMPLE_INTERVAL });
  const readings = new Readings(function* () {
    return [...(yield* monitors.families()), ...streams.families(), ...history.families(), ...(push?.families() ?? [])];
  });
  if (options.historyMemory > 0) history.start(readings);
  if (options.push !== undefined) {
    const { Push } = await loadPush();
    push = new Push(options.push, readings, streams);
  }
  return {
    readings,
    history,
    streams,
    async stop() {
      history.stop();
      await push?.stop();
    },
  };
}

/** An agent that sends nothing does not load what it would send with. */
function loadPush(): Promise<typeof import("./push/push.ts")> {
  return import("./push/push.ts");
}
