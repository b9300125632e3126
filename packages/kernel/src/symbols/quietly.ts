/** What reading gives; undefined where it fails: a process or a file may go at any time, and only leaves addresses unnamed. */
export function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
