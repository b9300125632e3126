import type { Sink } from "@sonde/runtime";

/** For sessions whose maps are read and whose events nobody asked for. Losses are counted by the session. */
export const silentSink: Sink = {
  attachedProbes: () => {},
  printf: () => {},
  time: () => {},
  stream: () => {},
  value: () => {},
  map: () => {},
  lostEvents: () => {},
  warning: () => {},
  end: () => {},
};
