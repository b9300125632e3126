/** Loads an object into the kernel: types, maps, programs. All of it, or nothing. */
import { requireLittleEndian } from "@sonde/bpf/spec";
import type { ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";
import { attachPoints } from "../programs/attach-point.ts";
import type { AttachPoint } from "../programs/attach-point.ts";
import { encodeProgram } from "../programs/encode.ts";
import { load, loadAsync, loadVerbose, prepareLoad } from "../programs/load.ts";
import type { Load, Loaded } from "../programs/load.ts";
import { Program } from "../programs/program.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Collection } from "./collection.ts";
import type { PoisonedAccess, ProgramOutcome } from "./collection.ts";
import { ObjectLoading } from "./object-loading.ts";
import type { LoadOptions } from "./options.ts";

/**
 * Errors: VerifierError, KernelError or UnsupportedFeatureError of the first step that failed; what
 * had been made until then is gone.
 */
export function loadCollection(kernel: Kernel, spec: ObjectSpec, options: LoadOptions): Collection {
  const loading = new Loading(kernel, spec, options);
  try {
    for (const step of loading.steps()) loading.run(step, () => loadNow(kernel, step.load, options));
    return loading.finish();
  } catch (error) {
    loading.undo();
    throw error;
  }
}

/** Programs longer than this verify on another thread: shorter ones take less than handing them over. */
const LONG_PROGRAM = 4096 * 8;

/** {@link loadCollection} for those who must not be blocked by a program that verifies for seconds. */
export async function loadCollectionAsync(kernel: Kernel, spec: ObjectSpec, options: LoadOptions): Promise<Collection> {
  const loading = new Loading(kernel, spec, options);
  try {
    for (const step of loading.steps()) {
      const long = step.load.request.instructions.length > LONG_PROGRAM && options.logLevel === undefined;
      const early = long ? await settled(loadAsync(kernel, step.load)) : undefined;
      loading.run(step, () => (early === undefined ? loadNow(kernel, step.load, options) : early()));
    }
    return loading.finish();
  } catch (error) {
    loading.undo();
    throw error;
  }
}

function loadNow(kernel: Kernel, prepared: Load, { logLevel }: LoadOptions): Loaded {
  return logLevel === undefined ? { fd: load(kernel, prepared), log: "" } : loadVerbose(kernel, prepared, logLevel);
}

/** What a promise came to, to be had or thrown later. */
async function settled(promise: ReturnType<typeof loadAsync>): Promise<() => Loaded> {
  try {
    const fd = await promise;
    return () => ({ fd, log: "" });
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

interface Step {
  readonly load: Load;
  readonly point: AttachPoint;
}

/** What both ways of loading share: everything but the wait for the verifier. */
class Loading {
  readonly #kernel: Kernel;
  readonly #spec: ObjectSpec;
  readonly #options: LoadOptions;
  readonly #object: ObjectLoading;
  readonly #programs: Program[] = [];
  readonly #poisoned: PoisonedAccess[] = [];
  readonly #outcomes: ProgramOutcome[] = [];

  constructor(kernel: Kernel, spec: ObjectSpec, options: LoadOptions) {
    requireLittleEndian(spec, "loaded");
    this.#kernel = kernel;
    this.#spec = spec;
    this.#options = options;
    this.#object = new ObjectLoading(kernel, spec, options);
  }

  /** Loads types and maps, then yields each program to be loaded. */
  *steps(): Generator<Step> {
    this.#object.open();
    for (const program of this.#spec.programs) {
      const reason = this.#reasonToSkip(program);
      if (reason !== undefined)
        this.#outcomes.push({ name: program.name, title: program.title, state: "skipped", reason });
      else yield* this.#stepsOf(program);
    }
  }

  *#stepsOf(program: ProgramSpec): Generator<Step> {
    const { context } = this.#object;
    const prepared: Step[] = [];
    try {
      this.#orFailed(program, () => {
        const encoded = encodeProgram(program, context);
        for (const reason of encoded.poisoned.values()) this.#poisoned.push({ program: program.name, reason });
        for (const point of this.#object.structOpsPoint(program.name) ?? attachPoints(program)) {
          prepared.push({ load: prepareLoad(this.#kernel, encoded, point, context), point });
        }
      });
      yield* prepared;
    } finally {
      for (const { load: each } of prepared) each.close();
    }
  }

  /** Loads the program of a step. */
  run({ load: { program }, point }: Step, attempt: () => Loaded): void {
    this.#orFailed(program.spec, () => {
      const { fd, log } = attempt();
      this.#programs.push(new Program(this.#kernel, program.spec, point.targets, fd, log));
      this.#outcomes.push({ name: program.spec.name, title: program.spec.title, state: "loaded", reason: "" });
    });
  }

  finish(): Collection {
    const structOps = this.#object.fillMaps((name) => this.#programs.find((program) => program.name === name));
    this.#object.closeTypes();
    return new Collection(this.#kernel, this.#spec, this.#object.maps, this.#programs, structOps, {
      types: this.#object.types,
      poisoned: this.#poisoned,
      programs: this.#outcomes,
      rewritten: this.#object.rewritten,
      pinned: this.#object.pinned,
    });
  }

  undo(): void {
    for (const program of this.#programs) program.close();
    this.#object.undo();
  }

  #reasonToSkip({ name, type, autoload }: ProgramSpec): string | undefined {
    if (autoload === false) return "autoload is off";
    if (type === "struct_ops" && this.#object.structOpsPoint(name) === undefined)
      return "no struct_ops map that is created uses it";
    return undefined;
  }

  #orFailed(program: ProgramSpec, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (this.#options.keepGoing !== true || !(error instanceof Error)) throw error;
      this.#outcomes.push({ name: program.name, title: program.title, state: "failed", reason: error.message, error });
    }
  }
}
