/** The last things that happened to a monitor, and what it printed: bounded, whatever it prints. */

export interface JournalEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly level: "info" | "warning" | "error" | "output";
  readonly text: string;
}

const MOST_ENTRIES = 500;
const MOST_CHARACTERS = 2000;

export class Journal {
  readonly #entries: JournalEntry[] = [];

  add(level: JournalEntry["level"], text: string): void {
    if (this.#entries.length >= MOST_ENTRIES) this.#entries.shift();
    const shown = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
    this.#entries.push({ time: new Date().toISOString(), level, text: shown });
  }

  /** The oldest first. */
  entries(): readonly JournalEntry[] {
    return [...this.#entries];
  }
}
