/** A wrong script, and what is said of it. */
import type { Target } from "@sonde/bpf/spec";
import type { ImportReader } from "../imports.ts";
import type { CheckOptions } from "../index.ts";

export interface Case {
  /** The place of the message stands between « and ». */
  readonly source: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | RegExp;
  readonly target?: Target;
  readonly options?: CheckOptions;
  readonly imports?: ImportReader;
}
