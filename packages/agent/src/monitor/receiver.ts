/** What becomes of a monitor's events: what it prints goes to its journal, its streams to whoever listens. */
import { addressesOnly, type Sink, type Value } from "@sonde/runtime";
import { textSink } from "@sonde/runtime/hosted";
import type { Journal } from "./journal.ts";

export interface MonitorReceiver {
  readonly journal: Journal;
  readonly event: (stream: string, values: readonly Value[]) => void;
  readonly print: (line: string) => void;
}

export function monitorSink({ journal, event, print }: MonitorReceiver): Sink {
  let line = "";
  const text = textSink({
    write: (part) => {
      const lines = (line + part).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) {
        journal.add("output", whole);
        print(whole);
      }
    },
    diagnose: (message) => journal.add("warning", message.trimEnd()),
    names: addressesOnly,
    quiet: true,
    verbose: false,
    warnings: true,
  });
  return {
    attachedProbes: (count) => text.attachedProbes(count),
    printf: (format, args) => text.printf(format, args),
    show: text.show,
    text: (kind, content) => text.text(kind, content),
    say: (severity, place, format, args) => text.say(severity, place, format, args),
    time: (moment) => text.time(moment),
    stream: event,
    value: (value) => text.value(value),
    map: (reading, options) => text.map(reading, options),
    lostEvents: (loss) => text.lostEvents(loss),
    warning: (message) => text.warning(message),
    end: () => text.end(),
  };
}
