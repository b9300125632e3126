/** Changes to a text that leave every line where it is. */
export class Edits {
  readonly #text: string;
  readonly #edits: Edit[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Spaces instead of what is there; line ends stay. */
  blank(start: number, end: number): void {
    this.replace(start, end, "");
  }

  insert(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text });
  }

  /** `text` (of one line) instead of what is there, then the line ends that were there. */
  replace(start: number, end: number, text: string): void {
    const old = this.#text.slice(start, end);
    const kept = text === "" ? old.replace(/[^\r\n]/g, " ") : text + old.replace(/[^\n]/g, "");
    this.#edits.push({ start, end, text: kept });
  }

  /** Edits must not overlap; insertions at one place come in the order in which they were made. */
  apply(): string {
    let at = 0;
    let result = "";
    for (const { start, end, text } of this.#edits.toSorted(byPlace)) {
      result += this.#text.slice(at, start) + text;
      at = end;
    }
    return result + this.#text.slice(at);
  }
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What is inserted where something is replaced comes before it. */
function byPlace(a: Edit, b: Edit): number {
  return a.start - b.start || (a.end === a.start ? 0 : 1) - (b.end === b.start ? 0 : 1);
}
