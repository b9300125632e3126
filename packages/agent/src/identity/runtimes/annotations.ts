/** Who a container is, by the annotations of its OCI specification (config.json, "annotations"). */
import { SANDBOX, type ContainerFacts } from "./facts.ts";

type Texts = Readonly<Record<string, string>>;

/** Those of containerd's CRI, of CRI-O, and the labels that the kubelet gives to Docker's containers. */
export function factsOfAnnotations(annotations: Texts): ContainerFacts | undefined {
  return ofContainerd(annotations) ?? ofCrio(annotations) ?? ofKubelet(annotations);
}

function ofContainerd(a: Texts): ContainerFacts | undefined {
  const type = a["io.kubernetes.cri.container-type"];
  if (type === undefined) return undefined;
  return facts({
    runtime: "containerd",
    name: type === "sandbox" ? SANDBOX : a["io.kubernetes.cri.container-name"],
    image: a["io.kubernetes.cri.image-name"],
    uid: a["io.kubernetes.cri.sandbox-uid"],
    pod: a["io.kubernetes.cri.sandbox-name"],
    namespace: a["io.kubernetes.cri.sandbox-namespace"],
  });
}

function ofCrio(a: Texts): ContainerFacts | undefined {
  const type = a["io.kubernetes.cri-o.ContainerType"];
  if (type === undefined) return undefined;
  return facts({
    ...ofPod(a),
    runtime: "cri-o",
    name: type === "sandbox" ? SANDBOX : a["io.kubernetes.container.name"],
    image: a["io.kubernetes.cri-o.ImageName"],
  });
}

function ofKubelet(a: Texts): ContainerFacts | undefined {
  if (a["io.kubernetes.pod.name"] === undefined) return undefined;
  return facts({ ...ofPod(a), name: a["io.kubernetes.container.name"] });
}

interface Parts {
  readonly runtime?: string | undefined;
  readonly name?: string | undefined;
  readonly image?: string | undefined;
  readonly uid?: string | undefined;
  readonly pod?: string | undefined;
  readonly namespace?: string | undefined;
}

function ofPod(a: Texts): Parts {
  return {
    uid: a["io.kubernetes.pod.uid"],
    pod: a["io.kubernetes.pod.name"],
    namespace: a["io.kubernetes.pod.namespace"],
  };
}

function facts({ runtime, name, image, uid, pod, namespace }: Parts): ContainerFacts {
  return {
    ...(runtime !== undefined && { runtime }),
    ...(name !== undefined && { name }),
    ...(image !== undefined && { image }),
    ...(pod !== undefined && { pod: { uid: uid ?? "", name: pod, namespace: namespace ?? "" } }),
  };
}
