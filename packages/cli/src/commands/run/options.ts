/** The options of `sonde run` that every monitor has. */
import type { Option } from "../../command.ts";
import { FILTER_OPTIONS } from "../../filter-options.ts";

export const RUN_OPTIONS: readonly Option[] = [
  {
    name: "output",
    short: "o",
    value: "FORMAT",
    choices: ["columns", "json", "jsonl"],
    help: "tables; one JSON array; or a JSON object a line",
  },
  { name: "fields", value: "NAME,...", help: "only these fields of events, in this order" },
  {
    name: "filter",
    value: "CONDITION",
    multiple: true,
    help: "only events with FIELD=VALUE; also !=, <, <=, >, >=, ~ (matches), !~; all that are given must hold",
  },
  { name: "pid", short: "p", value: "PID", help: "only this process; ends when it ends" },
  ...FILTER_OPTIONS,
  { name: "command", short: "c", value: "COMMAND", help: "run COMMAND once everything is attached; end when it ends" },
  { name: "top", short: "n", value: "N", help: "series of each metric that are shown (default 20)" },
  { name: "timestamp", short: "T", help: "put the time before each event" },
  { name: "duration", short: "d", value: "SECONDS", help: "end after so long" },
  { name: "verbose", short: "v", help: "say which attachments were chosen" },
  { name: "quiet", short: "q", help: "nothing but data" },
];
