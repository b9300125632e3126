/**
 * The pods of one node from the API server: a list, then a watch from where the list ended, for as long as
 * the server lets it go on; then the watch again, or the list where the server has forgotten that moment.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { objectAt, textAt } from "../runtimes/files.ts";
import { podOf } from "./pod.ts";
import type { PodStore } from "./pod-store.ts";
import { getJson, getLines, HttpStatusError, type Endpoint } from "./request.ts";

export interface ApiServerOptions {
  readonly endpoint: Endpoint;
  /** spec.nodeName of the pods. */
  readonly node: string;
  readonly store: PodStore;
  /** Told of every failure; the next attempt follows by itself. */
  readonly onError: (error: Error) => void;
  /** Milliseconds before the first and the last of repeated attempts. */
  readonly retry?: { readonly first: number; readonly most: number };
}

/** Pods in one answer. */
const PAGE = 500;
/** Seconds after which the server ends a watch. */
const WATCH = 300;

/** Runs until the signal is aborted. */
export async function followApiServer(options: ApiServerOptions, signal: AbortSignal): Promise<void> {
  const { first, most } = options.retry ?? { first: 1000, most: 30_000 };
  let version: string | undefined;
  let delay = first;
  while (!signal.aborted) {
    try {
      version ??= await list(options, signal);
      version = await watch(options, version, signal);
      delay = first;
    } catch (error) {
      if (signal.aborted) return;
      // 410: that version is too old to go on from.
      if (error instanceof HttpStatusError && error.status === 410) version = undefined;
      else options.onError(error as Error);
      // Not all agents of a cluster at the same moment.
      await sleep(delay * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
      delay = Math.min(delay * 2, most);
    }
  }
}

async function list({ endpoint, node, store }: ApiServerOptions, signal: AbortSignal): Promise<string> {
  const pods = [];
  let next: string | undefined = "";
  let version = "";
  while (next !== undefined) {
    const page = await getJson(
      endpoint,
      `${path(node)}&limit=${PAGE}${next && `&continue=${encodeURIComponent(next)}`}`,
      signal,
    );
    const { items } = page as { readonly items?: unknown };
    if (!Array.isArray(items)) throw new Error(`${endpoint.url} answered a list of pods without items`);
    for (const item of items) pods.push(podOf(item));
    version = textAt(page, "metadata", "resourceVersion") ?? "";
    next = textAt(page, "metadata", "continue");
  }
  store.replace(pods.filter((pod) => pod !== undefined));
  return version;
}

/** Returns the version to go on from once the server has ended the watch. */
async function watch({ endpoint, node, store }: ApiServerOptions, from: string, signal: AbortSignal): Promise<string> {
  let version = from;
  const query = `&watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH}&resourceVersion=${encodeURIComponent(from)}`;
  for await (const line of getLines(endpoint, path(node) + query, signal)) {
    if (line === "") continue;
    const event = JSON.parse(line) as { readonly type?: unknown; readonly object?: unknown };
    if (event.type === "ERROR") {
      const { code, message } = objectAt(event, "object");
      throw new HttpStatusError(`${endpoint.url} (watch)`, Number(code), String(message));
    }
    version = textAt(event.object, "metadata", "resourceVersion") ?? version;
    const pod = podOf(event.object);
    if (pod === undefined) continue;
    if (event.type === "DELETED") store.delete(pod.uid);
    else if (event.type === "ADDED" || event.type === "MODIFIED") store.put(pod);
  }
  return version;
}

function path(node: string): string {
  return `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
}
