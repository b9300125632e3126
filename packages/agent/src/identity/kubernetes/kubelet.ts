/** The pods of one node from its kubelet, which has no watch: asked at intervals, pods from files included. */
import { setTimeout as sleep } from "node:timers/promises";
import { podOf } from "./pod.ts";
import type { PodStore } from "./pod-store.ts";
import { getJson, type Endpoint } from "./request.ts";

export interface KubeletOptions {
  readonly endpoint: Endpoint;
  readonly store: PodStore;
  readonly onError: (error: Error) => void;
  /** Milliseconds between two questions. */
  readonly interval?: number;
}

/** Runs until the signal is aborted. */
export async function followKubelet(
  { endpoint, store, onError, interval = 5000 }: KubeletOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { items } = (await getJson(endpoint, "/pods", signal)) as { readonly items?: unknown };
      // A kubelet that runs nothing says null.
      store.replace((Array.isArray(items) ? items : []).map(podOf).filter((pod) => pod !== undefined));
    } catch (error) {
      if (!signal.aborted) onError(error as Error);
    }
    await sleep(interval, undefined, { signal }).catch(() => {});
  }
}
