/**
 * The table of raw-events.ts is true of the kernel that runs: of every event and field in it, the raw
 * road gives what the record of the classic event holds, on live events, and as the same type.
 *
 * Both programs run one after the other in each event, on the same CPU. The raw one, attached first,
 * leaves its fields where the classic one finds them. Where an interrupt brought the same event in
 * between, the generation has changed, and neither counts.
 */
import assert from "node:assert/strict";
import { kernelTest } from "@sonde/kernel/testing";
import { RAW_EVENTS } from "@sonde/compiler";
import { compile, runScript, testTarget } from "./run-script.ts";

/** Makes what the events tell of: processes, signals, files, packets, timers. */
const WORK = [
  "i=0; while [ $i -lt 40 ]; do /bin/true; kill -USR1 $$ 2>/dev/null; i=$((i+1)); done &",
  "trap : USR1; wait",
  "dd if=/dev/zero of=/tmp/sonde-raw-events bs=64k count=16 conv=fsync status=none; rm -f /tmp/sonde-raw-events",
  "(echo > /dev/tcp/127.0.0.1/9) 2>/dev/null",
  "sleep 0.3",
].join("\n");

/** Events that some machines have no occasion for: no disk, idle loops elsewhere, statistics switched off. */
const OCCASIONAL =
  /^(block:|power:|exceptions:|irq:irq_handler|sched:sched_stat_|sched:sched_migrate|sched:sched_process_free|net:|sock:|kmem:|irq:softirq_raise)/;

/** The events of the table that this kernel has, with the fields that it has. */
function known(): readonly { readonly event: string; readonly fields: readonly string[] }[] {
  return Object.entries(RAW_EVENTS).flatMap(([event, { fields }]) => {
    const [category = "", name = ""] = event.split(":");
    const format = testTarget().tracepoint(category, name);
    if (format === undefined) return [];
    const raw = (field: string): boolean => roadOf(`tracepoint:${event} { @ = args.${field}; }`) !== "tracepoint";
    const there = Object.keys(fields).filter(
      (field) => format.fields.some((each) => each.name === field) && raw(field),
    );
    return [{ event, fields: there }];
  });
}

function roadOf(script: string): string | undefined {
  return compile(script).programs[0]?.type;
}

kernelTest("programs that name no field take the raw road", () => {
  for (const { event } of known())
    assert.equal(roadOf(`tracepoint:${event} { @ = count(); }`), "raw_tracepoint", event);
  assert.equal(roadOf("tracepoint:sched:sched_switch { @ = count(); @k[kstack] = count(); }"), "tracepoint");
  assert.equal(roadOf("tracepoint:sched:sched_process_exec { @ = str(args.filename); }"), "tracepoint");
});

kernelTest("fields have the same types on both roads", () => {
  for (const { event, fields } of known()) {
    for (const field of fields) {
      const script = `tracepoint:${event} { print(args.${field}); }`;
      const [raw, classic] = [compile(script), compile(script, { classicTracepoint: () => true })];
      assert.equal(classic.programs[0]?.type, "tracepoint");
      const [have, want] = [raw, classic].map(({ manifest }) => manifest.events[0]?.fields[0]?.type);
      // A name that the record holds with its length is as long as names can be there, and its own size here.
      if (want?.kind === "string") assert.equal(have?.kind, "string", `${event} ${field}`);
      else assert.deepEqual(have, want, `${event} ${field}`);
    }
  }
});

kernelTest("fields have the same values on both roads, on live events", { timeout: 240_000 }, async () => {
  const tried = known().filter(({ fields }) => fields.length > 0);
  const probes = tried.map(({ event, fields }, number) => {
    const name = (field: string): string => `${number}_${field}`;
    const generation = `@generation_${number}[cpu]`;
    const there = `@there_${number}[cpu]`;
    const leave = fields.map((field) => `@raw_${name(field)}[cpu] = args.${field};`);
    const compare = fields.map((field) => `$same_${field} = @raw_${name(field)}[cpu] == args.${field};`);
    const count = fields.map(
      (field) =>
        `if ($same_${field}) { @same["${event} ${field}"] = count(); } else { @other["${event} ${field}"] = count(); }`,
    );
    return [
      `tracepoint:${event} { ${generation}++; $g = ${generation}; ${leave.join(" ")} ${there} = $g; }`,
      `tracepoint:${event} /true/ { $g = ${there}; if ($g == ${generation}) { ${there} = 0; ${compare.join(" ")} if (${generation} == $g) { ${count.join(" ")} } } }`,
    ];
  });
  const script = `config = { print_maps_on_exit = 0 } ${probes.flat().join("\n")} END { print(@same); print(@other); }`;
  // Who traces the same classic event at that moment comes before our raw one; a wrong row is wrong every time.
  let wrong: ReadonlySet<string> = new Set(tried.flatMap(({ event, fields }) => fields.map((f) => `${event} ${f}`)));
  const seen = new Set<string>();
  for (let attempt = 0; attempt < 3 && wrong.size > 0; attempt++) {
    const { output } = await runScript(script, `bash -c '${WORK}'`, {
      classicTracepoint: ({ filter }) => filter !== undefined,
    });
    const [same, other] = [countsOf(output, "same"), countsOf(output, "other")];
    // A name may change between the two looks at it.
    const now = [...other].filter(([what, count]) => count * 100 > (same.get(what) ?? 0)).map(([what]) => what);
    wrong = new Set(now.filter((what) => wrong.has(what)));
    for (const what of same.keys()) seen.add(what);
  }
  assert.deepEqual([...wrong], [], "these differ");
  for (const { event, fields } of tried) {
    for (const field of fields) {
      if (!OCCASIONAL.test(event)) assert.ok(seen.has(`${event} ${field}`), `${event} ${field} was not seen`);
    }
  }
  console.log(`compared on live events: ${seen.size} fields of ${tried.flatMap(({ fields }) => fields).length}`);
});

function countsOf(output: string, map: string): ReadonlyMap<string, number> {
  const lines = output.matchAll(new RegExp(`^@${map}\\[(.*)\\]: (\\d+)$`, "gm"));
  return new Map([...lines].map(([, what, count]) => [what!, Number(count)]));
}
