import { readFileSync } from "node:fs";
import path from "node:path";
import { conventionalSection, readObject } from "@sonde/bpf/elf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { Attacher, stopAll } from "@sonde/kernel/links";
import { attachToNetwork } from "@sonde/kernel/links/net";
import { openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { type ParsedArguments, UsageError } from "../command.ts";
import { standardOutput } from "./inspect/screen.ts";
import { LiveObject } from "./load/live-object.ts";
import { Pins } from "./load/pins.ts";
import { reportJson, reportText } from "./load/report.ts";
import { applySettings, readSettings } from "./load/settings.ts";

/** `sonde load`: all of it, or (unless told to keep going) nothing. */
export async function run(args: ParsedArguments): Promise<number> {
  if (args.words.length === 0) throw new UsageError("name an object: a file that clang made for BPF");
  const specs = applySettings(args.words.map(readSpec), readSettings(args));
  const kernel = openKernel();
  const target = runningTarget({ kernel });
  const vmlinux = (): typeof target.btf => target.btf;
  const folder = args.value("pin");
  const pins = folder === undefined ? undefined : new Pins(kernel, folder);
  const objects = specs.map((spec, i) => new LiveObject(args.words[i]!, spec));
  const places = { device: args.value("device"), cgroup: args.value("cgroup") };
  const keepGoing = args.flag("keep-going");
  const asked = interruption();
  let left = false;
  try {
    for (const object of objects) object.load(kernel, { vmlinux });
    if (args.flag("attach") && (keepGoing || !someFailed(objects))) {
      const attacher = new Attacher(kernel, { vmlinux, network: attachToNetwork });
      for (const object of objects)
        if (keepGoing || !someFailed(objects)) object.attach(kernel, attacher, places, keepGoing);
    }
    const kept = keepGoing || !someFailed(objects);
    if (kept && pins !== undefined) pinAll(objects, pins);
    report(args, objects, pins?.paths ?? []);
    const attached = objects.some(({ links }) => links.length > 0);
    left = kept && (pins !== undefined || attached);
    if (kept && pins === undefined && attached) await staying(args, objects, asked);
    if (!kept) process.stderr.write("sonde load: nothing of this was left in the kernel\n");
    else if (pins === undefined && !attached)
      process.stderr.write("sonde load: nothing was left in the kernel; --attach or --pin keeps it\n");
    return someFailed(objects) ? 1 : 0;
  } finally {
    for (const object of objects) {
      if (!left) object.unpin();
      object.close();
    }
  }
}

function someFailed(objects: readonly LiveObject[]): boolean {
  return objects.some(({ failed }) => failed);
}

/** What clang's users call the object: "opensnoop" for out/opensnoop.bpf.o. */
function readSpec(file: string): ObjectSpec {
  const name = path.basename(file).replace(/(\.bpf)?\.o$/, "");
  try {
    return readObject(readFileSync(file), { name, section: conventionalSection });
  } catch (error) {
    throw new Error(`cannot read the object ${file}`, { cause: error });
  }
}

function pinAll(objects: readonly LiveObject[], pins: Pins): void {
  try {
    for (const object of objects) pins.pin(object);
  } catch (error) {
    pins.undo();
    throw error;
  }
}

function report(args: ParsedArguments, objects: readonly LiveObject[], pins: readonly string[]): void {
  const screen = standardOutput();
  const options = { width: screen.width, verbose: args.flag("verbose") };
  screen.write(args.value("output") === "json" ? reportJson(objects, pins, options) : reportText(objects, options));
}

/** Until the first signal; a second one ends the process at once, and the kernel takes everything back by itself. */
async function staying(args: ParsedArguments, objects: readonly LiveObject[], asked: Promise<void>): Promise<void> {
  if (args.value("output") !== "json") process.stderr.write("attached until Ctrl-C\n");
  await asked;
  await stopAll(objects.flatMap(({ links }) => links.map(({ link }) => link)));
}

/** Signals are caught from the start, so that one that comes while programs are attached ends in order too. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    // Without a timer there may be nothing that keeps the process alive.
    const alive = setInterval(() => {}, 1 << 30);
    const end = (): void => {
      clearInterval(alive);
      process.on("SIGINT", () => process.exit(130));
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
  });
}
