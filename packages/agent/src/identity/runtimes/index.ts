/** Every place where a container's name may be written. To add a runtime: its file here, and its line in the list. */
import { containerd } from "./containerd.ts";
import { docker } from "./docker.ts";
import type { ContainerFacts, FactsSource } from "./facts.ts";
import { isPlainName } from "./files.ts";
import { runc } from "./runc.ts";
import { storage } from "./storage.ts";

/** The most telling first: what is below (runc) knows less of names. */
const SOURCES: readonly FactsSource[] = [docker, containerd, storage, runc];

export function readContainerFacts(id: string, root: string): ContainerFacts | undefined {
  if (!isPlainName(id)) return undefined;
  for (const source of SOURCES) {
    const facts = source(id, root);
    if (facts !== undefined) return facts;
  }
  return undefined;
}

export type { ContainerFacts } from "./facts.ts";
export { runcContainers } from "./runc.ts";
