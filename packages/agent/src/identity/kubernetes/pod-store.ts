/** The pods of this node as far as they are known, by their uids; those that are gone are kept for a while. */
import type { PodIdentity } from "@sonde/runtime/decoders";

/** Milliseconds that a deleted pod is remembered, as long as its cgroups are. */
const KEEP = 15 * 60_000;
/** A kubelet runs some hundreds. */
const MOST = 20_000;

export class PodStore {
  readonly #now: () => number;
  readonly #pods = new Map<string, { readonly pod: PodIdentity; readonly deleted: number | undefined }>();
  readonly #listeners = new Set<(uid: string) => void>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#pods.size;
  }

  get(uid: string): PodIdentity | undefined {
    return this.#pods.get(uid)?.pod;
  }

  *all(): Generator<PodIdentity> {
    for (const { pod, deleted } of this.#pods.values()) if (deleted === undefined) yield pod;
  }

  put(pod: PodIdentity): void {
    const known = this.#pods.get(pod.uid);
    if (known?.deleted === undefined && known !== undefined && same(known.pod, pod)) return;
    this.#pods.delete(pod.uid);
    this.#pods.set(pod.uid, { pod, deleted: undefined });
    this.#forget();
    for (const listener of this.#listeners) listener(pod.uid);
  }

  delete(uid: string): void {
    const known = this.#pods.get(uid);
    if (known === undefined || known.deleted !== undefined) return;
    this.#pods.delete(uid);
    this.#pods.set(uid, { pod: known.pod, deleted: this.#now() });
    this.#forget();
  }

  /** What there is now, after a list was taken: all else is gone. */
  replace(pods: readonly PodIdentity[]): void {
    const present = new Set(pods.map(({ uid }) => uid));
    for (const uid of [...this.#pods.keys()]) if (!present.has(uid)) this.delete(uid);
    for (const pod of pods) this.put(pod);
  }

  /** Told of every pod that is new or has changed, until what is returned is called. */
  onChange(listener: (uid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #forget(): void {
    const before = this.#now() - KEEP;
    for (const [uid, { deleted }] of this.#pods) {
      const old = deleted !== undefined && deleted < before;
      if (old || this.#pods.size > MOST) this.#pods.delete(uid);
      else if (deleted !== undefined) return;
    }
  }
}

function same(a: PodIdentity, b: PodIdentity): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
