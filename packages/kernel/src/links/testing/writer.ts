/** For tests of links: a process whose pid is known before it does a known amount of work. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Waits for a line before it becomes `dd`, which makes exactly `writes` write calls of one byte to /dev/null. */
export class Writer {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;

  constructor(writes: number) {
    const dd = `dd if=/dev/zero of=/dev/null bs=1 count=${writes} 2>/dev/null`;
    this.#child = spawn("/bin/sh", ["-c", `read line; exec ${dd} status=none`], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    this.#exit = once(this.#child, "exit");
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("/bin/sh could not be started");
    return this.#child.pid;
  }

  /** Lets it work, and waits for its end. */
  async run(): Promise<void> {
    this.#child.stdin?.end("go\n");
    const [code] = await this.#exit;
    if (code !== 0) throw new Error(`dd ended with ${String(code)}`);
  }
}
