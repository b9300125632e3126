/** What metrics are read from: a monitor that runs, its live maps, and what it says of itself. */
import type { MapView, MonitorView } from "@sonde/bpf/spec";
import type { ReadableMap } from "@sonde/runtime/hosted";

export interface MonitorFigures {
  readonly view: MonitorView;
  /** How keys and values of the maps that metrics name are laid out. */
  readonly maps: readonly MapView[];
  /** The live map of a MapSpec's name. It may be another one after the monitor was upgraded: ask each time. */
  map(spec: string): ReadableMap;
  /** Since when the contents of a map count, in milliseconds since 1970: a counter's created timestamp. */
  created(spec: string): number;
}
