/** Who is behind a cgroup or a process. What is not known is empty: exporters leave such a label out. */
import type { DecoderView } from "@sonde/bpf/spec";
import { integerOf, textOf, type DecoderContext, type DecoderKind, type LabelDecoder } from "./decoder.ts";
import type { CgroupIdentity, ProcessIdentity } from "./identities.ts";

export const cgroup: DecoderKind = ofCgroup(
  "the path of a cgroup by its id",
  (identity, input) => identity?.path ?? `unknown_cgroup_id:${textOf(input)}`,
);
export const cgroupFolder: DecoderKind = ofCgroup(
  "the path of a cgroup's folder where cgroup v2 is mounted usually, by its id",
  (identity, input) =>
    identity === undefined
      ? `unknown_cgroup_id:${textOf(input)}`
      : `/sys/fs/cgroup${identity.path.replace(/^\/$/, "")}`,
);
export const container: DecoderKind = ofCgroup(
  "the container's name, by a cgroup's id",
  (known) => known?.container?.name,
);
export const containerId: DecoderKind = ofCgroup(
  "the container's id, by a cgroup's id",
  (known) => known?.container?.id,
);
export const image: DecoderKind = ofCgroup(
  "the container's image, by a cgroup's id",
  (known) => known?.container?.image,
);
export const containerRuntime: DecoderKind = ofCgroup(
  "what runs the container (docker, containerd, cri-o, podman, runc), by a cgroup's id",
  (known) => known?.container?.runtime,
);
export const pod: DecoderKind = ofCgroup("the pod's name, by a cgroup's id", (known) => known?.pod?.name);
export const namespace: DecoderKind = ofCgroup(
  "the pod's namespace, by a cgroup's id",
  (known) => known?.pod?.namespace,
);
export const podUid: DecoderKind = ofCgroup("the pod's uid, by a cgroup's id", (known) => known?.pod?.uid);
export const node: DecoderKind = ofCgroup(
  "the node that the pod runs on, by a cgroup's id",
  (known) => known?.pod?.node,
);

export const podLabel: DecoderKind = {
  summary: "one of the pod's labels, named by `key`, by a cgroup's id",
  changes: "identity",
  make: (view, context) => {
    const key = keyOf(view);
    return cgroupDecoder(context, (known) => known?.pod?.labels[key]);
  },
};

export const containerLabel: DecoderKind = {
  summary: "one of the container's labels, named by `key`, by a cgroup's id",
  changes: "identity",
  make: (view, context) => {
    const key = keyOf(view);
    return cgroupDecoder(context, (known) => known?.container?.labels[key]);
  },
};

export const comm: DecoderKind = {
  summary: "the name of a process by its id; kept for a while after its end",
  changes: "process",
  make: (_, context) => processDecoder(context, (known) => known?.comm),
};

export const processCgroup: DecoderKind = {
  summary: "the id of a process's cgroup by the process's id, for the decoders that take one",
  changes: "process",
  make: (_, context) => processDecoder(context, (known) => known?.cgroup),
};

function ofCgroup(
  summary: string,
  say: (known: CgroupIdentity | undefined, input: Parameters<LabelDecoder>[0]) => string | undefined,
): DecoderKind {
  return { summary, changes: "identity", make: (_, context) => cgroupDecoder(context, say) };
}

function cgroupDecoder(
  { identities }: DecoderContext,
  say: (known: CgroupIdentity | undefined, input: Parameters<LabelDecoder>[0]) => string | undefined,
): LabelDecoder {
  identities?.watch("cgroups");
  return (input) => {
    const id = integerOf(input);
    return say(id === undefined ? undefined : identities?.cgroup(id), input) ?? "";
  };
}

function processDecoder(
  { identities }: DecoderContext,
  say: (known: ProcessIdentity | undefined) => string | number | bigint | undefined,
): LabelDecoder {
  identities?.watch("processes");
  return (input) => {
    const pid = integerOf(input);
    return say(pid === undefined ? undefined : identities?.process(Number(pid))) ?? "";
  };
}

function keyOf({ name, key }: DecoderView): string {
  if (key === undefined) throw new TypeError(`decoder ${name} needs the label's name as its key`);
  return key;
}
