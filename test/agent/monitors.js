// The monitors of these tests: they count the writes of programs that are theirs alone, in three ways.

/**
 * @param {readonly string[]} names of the programs
 * @param {{ more?: string, header?: string, count?: string }} [options] `more`: what only this version does
 */
export function writesMonitor(names, { more = "", header = "", count = "@writes = count();" } = {}) {
  const filter = names.map((name) => `comm == "${name}"`).join(" || ");
  return `/*
 * ---
 * help: Writes of the test's programs
${header}
 * metrics:
 *   - map: "@writes"
 *     name: test_writes
 *     help: Calls of write(2)
 *   - map: "@by"
 *     name: test_writes_by_program
 *     help: Calls of write(2), by program
 *     labels: [comm]
 *   - map: "@sizes"
 *     name: test_write_size_bytes
 *     help: Bytes that one write was asked to write
 *     buckets: { min: 1, max: 1024 }
 * ---
 */
tracepoint:syscalls:sys_enter_write /${filter}/ { ${count} @by[comm] = count(); @sizes = hist(args.count); ${more} }
`.replace("\n\n *", "\n *");
}
