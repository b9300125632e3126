"use strict";
// node warm.cjs DIRECTORY   runs the bundle in DIRECTORY once, as far as this machine lets it, and
// keeps V8's code of all the functions that ran.
const fs = require("node:fs");
const path = require("node:path");

const { load, cache } = require(path.join(process.argv[2], "launch.cjs"));

// Each stands for what many runs do: parse, check, compile, and stop before anything is attached.
const runs = [
  ["--version"],
  ["trace", "--dry-run", "-e", 'BEGIN { printf("%d %s\\n", pid, comm); }'],
  ["trace", "--dry-run", "-e", "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); @h[args.id] = hist(args.id); }"],
  [
    "trace",
    "--dry-run",
    "-e",
    'tracepoint:syscalls:sys_enter_openat /pid != 1/ { $f = args.filename; @s[tid] = nsecs; printf("%s\\n", str($f)); } interval:s:1 { exit(); }',
  ],
];

async function warm() {
  const { main, script } = load();
  for (const stream of [process.stdout, process.stderr]) stream.write = () => true;
  for (const run of runs) {
    try {
      await main(run);
    } catch {
      // Without root or BTF a run ends early; what ran until then is in the cache all the same.
    }
  }
  fs.writeFileSync(cache, script.createCachedData());
}

void warm().then(() => process.exit(0));
