/** Where a command writes, and how much room there is. */

export interface Screen {
  readonly isTTY: boolean;
  /** Characters; Infinity where there is no terminal. */
  readonly width: number;
  readonly height: number;
  write(text: string): void;
}

/** Of terminals that do not say, such as serial lines: they answer 0. */
const USUAL_WIDTH = 80;
const USUAL_HEIGHT = 24;

export function standardOutput(): Screen {
  const { stdout } = process;
  return {
    isTTY: stdout.isTTY,
    get width() {
      return stdout.isTTY ? stdout.columns || USUAL_WIDTH : Infinity;
    },
    get height() {
      return stdout.isTTY ? stdout.rows || USUAL_HEIGHT : Infinity;
    },
    write: (text) => void stdout.write(text),
  };
}
