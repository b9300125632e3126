/** Objects that stay for long: upgraded while events flow, taken up again by the next process. */
export type { ReadableMap } from "./bases.ts";
export type { LeftSpec, StartedAnew } from "./carry.ts";
export { type DeployOptions, type Deployment, HostedObject, type HostedOptions, type LeftVersion } from "./hosted.ts";
export type { Resized } from "./resize.ts";
export type { EventReceiver, Version } from "./version.ts";
export { strftime } from "../format/strftime.ts";
export { textSink } from "../print/text-sink.ts";
