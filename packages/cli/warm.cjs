"use strict";
// node warm.cjs DIRECTORY NAME   runs the bundle NAME in DIRECTORY as far as this machine lets it,
// and keeps V8's code of all the functions that ran.
const fs = require("node:fs");
const path = require("node:path");

const [directory, name] = process.argv.slice(2);
const { load } = require(path.join(directory, "launch.cjs"));

const object = (name) => path.join(__dirname, "../bpf/testdata", `${name}.bpf.o`);
const trace = (program) => ["trace", "-e", `${program} interval:ms:1 { exit(); }`];
/** What typical runs do. They watch this machine for a moment; without root they end early. */
const runs = {
  main: [["--version"], ["--help"]],
  trace: [
    trace('BEGIN { printf("%d %s\\n", pid, comm); }'),
    trace("tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }"),
    trace("tracepoint:raw_syscalls:sys_enter { @h[args.id] = hist(args.id); }"),
    trace(`tracepoint:syscalls:sys_enter_openat /pid != 1/ { @file[tid] = args.filename; }
      tracepoint:syscalls:sys_exit_openat /@file[tid]/ { printf("%s %d\\n", str(@file[tid]), args.ret); delete(@file[tid]); }
      END { clear(@file); }`),
  ],
  load: [
    ["load", object("elf-kinds")],
    ["load", object("core-relocations")],
  ],
  list: [["list", "tracepoint:syscalls:*open*"]],
  features: [["features"]],
};

async function warm() {
  const { main, script } = load(name);
  for (const stream of [process.stdout, process.stderr]) stream.write = () => true;
  for (const run of runs[name] ?? []) {
    try {
      await main(run);
    } catch {
      // Without root or BTF a run ends early; what ran until then is in the cache all the same.
    }
  }
  fs.writeFileSync(path.join(directory, `${name}.cache`), script.createCachedData());
}

void warm().then(() => process.exit(0));
