/** A Pod of the Kubernetes API (core/v1) as far as it says who somebody is. */
import type { PodIdentity } from "@sonde/runtime/decoders";
import { objectAt, textAt, textsAt } from "../runtimes/files.ts";

/** A pod from a file has another uid in the API than the kubelet uses: that is in this annotation of its mirror. */
const OWN_UID = "kubernetes.io/config.hash";

/** Undefined for what is no pod. */
export function podOf(value: unknown): PodIdentity | undefined {
  const metadata = objectAt(value, "metadata");
  const mirrored = textAt(metadata, "annotations", "kubernetes.io/config.mirror") !== undefined;
  const uid = (mirrored ? textAt(metadata, "annotations", OWN_UID) : undefined) ?? textAt(metadata, "uid");
  const name = textAt(metadata, "name");
  if (uid === undefined || name === undefined) return undefined;
  return {
    uid,
    name,
    namespace: textAt(metadata, "namespace") ?? "default",
    node: textAt(value, "spec", "nodeName") ?? "",
    labels: textsAt(metadata, "labels"),
  };
}
