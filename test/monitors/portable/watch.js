// An object of a monitor at work, in this process: what it tells while something is done.
import { readFileSync } from "node:fs";
import path from "node:path";
import { readObject } from "@sonde/bpf/elf";
import { openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { startSession } from "@sonde/runtime";
import { withParams } from "@sonde/runtime/params";
import { jsonWriter, MonitorSink } from "@sonde/runtime/terminal";
import { objectFolder } from "./objects.js";

/** The object's file. @param {string} monitor */
export const objectFile = (monitor) => path.join(objectFolder, `${monitor}.o`);

/**
 * Loads the monitor's object, attaches it, does the work, and gives back one object for each series and event.
 * @param {string} monitor
 * @param {() => unknown} work
 * @param {Readonly<Record<string, string>>} [params] instead of their initial values
 * @returns {Promise<any[]>}
 */
export async function watch(monitor, work, params = {}) {
  const object = readObject(readFileSync(objectFile(monitor)), { name: monitor });
  const spec = withParams(object, new Map(Object.entries(params)));
  const kernel = openKernel();
  const target = runningTarget({ kernel });
  let text = "";
  const writer = jsonWriter((more) => (text += more), false);
  const session = await startSession(spec, {
    kernel,
    vmlinux: () => target.btf,
    quiet: true,
    printMapsOnExit: true,
    makeSink: ({ diagnose, names }) =>
      new MonitorSink(/** @type {any} */ (spec.manifest.monitor), spec.manifest, {
        writer,
        diagnose,
        names,
        conditions: [],
        context: { vmlinux: () => target.btf },
      }),
  });
  try {
    await work();
  } finally {
    await session.stop();
  }
  await session.ended;
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}
