import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { parse } from "../parser/script.ts";
import { formatScript } from "./format.ts";
import { pieces } from "./pieces.ts";

test("a script in its usual form", () => {
  const source = `// Counts.
#define MOST 5
config={max_strlen=64}
BEGIN{printf( "a\\n" ) ;@x=1;}   // begins
tracepoint:syscalls:sys_enter_openat,kprobe:vfs_*/comm=="dd"&&pid>$1/{
  $a=(uint32)args.flags;if($a>-1){@[comm,-$a]=count();}else if(1){print(@x)}else{ return; }


  for($i:0..5){@k[$i]++;}
  /* why */ @z=$a?1:2;  $p = *(uint8*)arg0; @m = @x*2;
}
`;
  assert.equal(
    formatScript(source),
    `// Counts.
#define MOST 5
config = {
  max_strlen = 64
}

BEGIN {
  printf("a\\n");
  @x = 1;
} // begins

tracepoint:syscalls:sys_enter_openat,
kprobe:vfs_*
/comm == "dd" && pid > $1/ {
  $a = (uint32)args.flags;
  if ($a > -1) {
    @[comm, -$a] = count();
  } else if (1) {
    print(@x)
  } else {
    return;
  }

  for ($i : 0..5) {
    @k[$i]++;
  }
  /* why */ @z = $a ? 1 : 2;
  $p = *(uint8 *)arg0;
  @m = @x * 2;
}
`,
  );
});

/** Scripts of all kinds: those that the other tests compile, and the monitors. */
function samples(): string[] {
  const here = new URL("../../../src/", import.meta.url);
  const found: string[] = [];
  for (const name of ["bpftrace/check/check.test.ts", "bpftrace/parser/parser.test.ts", "bpftrace/messages.test.ts"]) {
    const text = readFileSync(new URL(name, here), "utf8");
    for (const [, quoted = ""] of text.matchAll(
      /"((?:BEGIN|END|k(?:probe)?|tracepoint|interval|uprobe)[^"\\]*\{[^"\\]*\})"/g,
    ))
      found.push(quoted.replace(/[«»]/g, ""));
  }
  const monitors = new URL("../../../../../monitors/", import.meta.url);
  for (const file of readdirSync(monitors))
    if (file.endsWith(".bt")) found.push(readFileSync(new URL(file, monitors), "utf8"));
  return found;
}

/** The tree without where its parts stand. */
function treeOf(source: string): string {
  const hidden = new Set(["span", "nameSpan", "opSpan", "text"]);
  return JSON.stringify(parse(source).script, (key, value: unknown) =>
    hidden.has(key) ? undefined : typeof value === "bigint" ? String(value) : value,
  );
}

/** Other white space, from a seed, wherever some may be: the same pieces. */
function shaken(source: string, seed: number): string {
  let state = seed;
  const next = (): number => (state = (state * 1103515245 + 12345) % 2147483648);
  return pieces(source)
    .map(({ kind, text }) => {
      const blank = [" ", "  ", "\n", "\t"][next() % 4]!;
      return `${kind === "directive" ? "\n" : ""}${text}${kind === "comment" || kind === "directive" ? "\n" : blank}`;
    })
    .join("");
}

test("formatting changes white space only, and nothing when done again", () => {
  const all = samples();
  assert.ok(all.length > 100, `${all.length} samples`);
  for (const [index, sample] of all.entries()) {
    for (const source of [sample, shaken(sample, index + 1), shaken(sample, index + 7919)]) {
      const once = formatScript(source);
      assert.equal(formatScript(once), once, source);
      assert.deepEqual(
        pieces(once).map(({ text }) => text),
        pieces(source).map(({ text }) => text),
        source,
      );
      if (source === sample && parse(source).diagnostics.length === 0)
        assert.equal(treeOf(once), treeOf(source), source);
    }
  }
});
