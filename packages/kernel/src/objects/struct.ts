/** What the info structs of several kinds of objects have in common. */

/** A NUL-terminated text inside a struct, such as name[16]. */
export function textAt(info: DataView, offset: number, capacity: number): string {
  const bytes = Buffer.from(info.buffer, info.byteOffset + offset, capacity);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? capacity : end);
}

/** The name that a table of numbers gives to one; "NUMBER" itself for what came after the table. */
export function nameOf(table: Readonly<Record<string, number>>, number: number): string {
  for (const name of Object.keys(table)) if (table[name] === number) return name;
  return String(number);
}
