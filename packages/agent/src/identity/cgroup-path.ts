/**
 * What a cgroup's path says of who lives there. Every container runtime and both of the ways in which a
 * kubelet names groups put the container's id and the pod's uid into it:
 *
 *     /docker/ID                                                                    docker, cgroupfs
 *     /system.slice/docker-ID.scope                                                 docker, systemd
 *     /kubepods/burstable/podUID/ID                                                 Kubernetes, cgroupfs
 *     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/cri-containerd-ID.scope
 *     /kubepods.slice/kubepods-podU_I_D.slice/crio-ID.scope/container               CRI-O: a group of its own inside
 *     /machine.slice/libpod-ID.scope/container                                      podman, systemd
 *     /libpod_parent/libpod-ID                                                      podman, cgroupfs
 */
export interface PathFacts {
  /** 64 hexadecimal digits; of LXC the container's name. */
  readonly containerId: string | undefined;
  /** What the path tells of the runtime; undefined if any may have made it. */
  readonly runtime: string | undefined;
  readonly podUid: string | undefined;
  readonly qos: "guaranteed" | "burstable" | "besteffort" | undefined;
}

const UID = "[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32}";
/** The uid of a pod from a file is 32 digits without a dash. */
const POD = new RegExp(`(?:^|-)pod(${UID})(?:\\.slice)?$`);
const CONTAINER = /^(?:(.+)-)?([0-9a-f]{64})(?:\.scope)?$/;
const LXC = /^lxc\.payload\.(.+)$/;

const RUNTIMES: Readonly<Record<string, string>> = {
  docker: "docker",
  "cri-containerd": "containerd",
  nerdctl: "containerd",
  crio: "cri-o",
  libpod: "podman",
};

/** The innermost container counts: one may run in another. */
export function readCgroupPath(path: string): PathFacts {
  const parts = path.split("/").slice(1).map(unescapeUnit);
  let podUid: string | undefined;
  let container: Pick<PathFacts, "containerId" | "runtime"> | undefined;
  for (const [i, part] of parts.entries()) {
    const uid = POD.exec(part)?.[1];
    if (uid !== undefined) [podUid, container] = [uid.replaceAll("_", "-"), undefined];
    container = containerOf(part, parts[i - 1]) ?? container;
  }
  return {
    containerId: container?.containerId,
    runtime: container?.runtime,
    podUid,
    qos:
      podUid === undefined
        ? undefined
        : ((/kubepods[-/.a-z]*?(burstable|besteffort)/.exec(path)?.[1] as PathFacts["qos"]) ?? "guaranteed"),
  };
}

function containerOf(part: string, parent: string | undefined): Pick<PathFacts, "containerId" | "runtime"> | undefined {
  const lxc = LXC.exec(part)?.[1] ?? (parent === "lxc" ? part : undefined);
  if (lxc !== undefined) return { containerId: lxc, runtime: "lxc" };
  const [, prefix, containerId] = CONTAINER.exec(part) ?? [];
  // What watches over a container (crio-conmon-ID) is not in it.
  if (containerId === undefined || prefix?.endsWith("conmon") === true) return undefined;
  return { containerId, runtime: RUNTIMES[prefix ?? parent ?? ""] };
}

/** systemd writes what its names may not hold as \xNN. */
function unescapeUnit(part: string): string {
  return part.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** How the group of a container may be called, whoever makes it: what a filter waits for before there is one. */
export function containerGroupNames(idOrName: string): readonly string[] {
  const prefixes = Object.keys(RUNTIMES);
  return [
    idOrName,
    ...prefixes.flatMap((prefix) => [`${prefix}-${idOrName}.scope`, `${prefix}-${idOrName}`]),
    `lxc.payload.${idOrName}`,
  ];
}

/** The same of a pod. */
export function podGroupNames(uid: string): readonly string[] {
  const unit = uid.replaceAll("-", "_");
  return [`pod${uid}`, ...["", "burstable-", "besteffort-"].map((qos) => `kubepods-${qos}pod${unit}.slice`)];
}
