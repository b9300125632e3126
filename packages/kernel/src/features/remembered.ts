/** Answers on disk, by kernel build and by what this process may do: without privileges everything looks missing. */
import { readFileSync } from "node:fs";
import type { Cache } from "../target/cache.ts";
import { hashText, kernelBuild } from "../target/kernel-build.ts";

/** Of one kind of question; `isAnswer` tells answers from damage. */
export class RememberedAnswers<T> {
  readonly #cache: Cache;
  readonly #kind: string;
  readonly #isAnswer: (value: unknown) => value is T;
  #file = "";
  #answers: Record<string, T> | undefined;

  constructor(cache: Cache, kind: string, isAnswer: (value: unknown) => value is T) {
    this.#cache = cache;
    this.#kind = kind;
    this.#isAnswer = isAnswer;
  }

  ask(name: string, find: () => T): T {
    const answers = (this.#answers ??= this.#read());
    const known = answers[name];
    if (known !== undefined) return known;
    const found = find();
    answers[name] = found;
    this.#cache.write(this.#file, JSON.stringify(answers));
    return found;
  }

  #read(): Record<string, T> {
    this.#file = `${this.#kind}-${kernelBuild()}-${privileges()}.json`;
    try {
      const kept: unknown = JSON.parse(this.#cache.read(this.#file)?.toString() ?? "{}");
      const entries = Object.entries(kept as object).filter(([, value]) => this.#isAnswer(value));
      return Object.fromEntries(entries) as Record<string, T>;
    } catch {
      return {}; // damaged: found out anew
    }
  }
}

function privileges(): string {
  const status = readFileSync("/proc/self/status", "latin1");
  const lines = status.match(/^(?:CapEff|Seccomp):.*$/gm) ?? [];
  return hashText(lines.join()).toString(16);
}
