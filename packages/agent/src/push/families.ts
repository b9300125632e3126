/** What the agent says of what it sends. */
import { type Family, scalarFamily } from "../exposition/family.ts";
import { renderLabels } from "../exposition/labels.ts";
import type { Sender, SenderCounts } from "./sender.ts";

/** @param lostEvents stream events that came faster than they could be made into requests */
export function pushFamilies(senders: readonly Sender[], lostEvents: number): Family[] {
  const rows = (pick: (counts: SenderCounts) => number) =>
    senders.map(({ name, counts }) => [renderLabels(["target"], [name]), pick(counts)] as const);
  const lost = (target: string, reason: string): string => renderLabels(["target", "reason"], [target, reason]);
  return [
    scalarFamily(
      "counter",
      { name: "sonde_push_items", help: "Samples and log records that a receiver took" },
      rows(({ sent }) => sent),
    ),
    scalarFamily(
      "counter",
      { name: "sonde_push_requests", help: "Requests to a receiver" },
      rows(({ requests }) => requests),
    ),
    scalarFamily(
      "counter",
      { name: "sonde_push_retries", help: "Requests that failed and were made again" },
      rows(({ retries }) => retries),
    ),
    scalarFamily(
      "counter",
      { name: "sonde_push_lost_items", help: "Samples and log records that a receiver did not get, by reason" },
      [
        ...senders.flatMap(({ name, counts }) => [
          [lost(name, "queue_full"), counts.lost.full] as const,
          [lost(name, "refused"), counts.lost.refused] as const,
        ]),
        ...(senders.some(({ name }) => name === "otlp_logs")
          ? [[lost("otlp_logs", "too_fast"), lostEvents] as const]
          : []),
      ],
    ),
    scalarFamily(
      "gauge",
      { name: "sonde_push_queue_bytes", help: "What waits to be sent", unit: "bytes" },
      rows(({ waiting }) => waiting),
    ),
  ];
}
