/** What a container runtime keeps about a container in files of its own, beside its id. */
export interface ContainerFacts {
  /** As its pod or whoever started it calls it. */
  readonly name?: string;
  readonly image?: string;
  readonly runtime?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly pod?: { readonly uid: string; readonly name: string; readonly namespace: string };
}

/**
 * One runtime's files.
 * @param root what stands before "/run" and "/var/lib": "" unless the agent sees the machine's files elsewhere
 * @returns undefined if this runtime does not know the container, or not yet
 */
export type FactsSource = (id: string, root: string) => ContainerFacts | undefined;

/** The container that only holds a pod's namespaces, by the name that Kubernetes's own tools give it. */
export const SANDBOX = "POD";
