/** Programs whose section names a hook, but not where it is. */
import type { ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";

/**
 * A monitor that could not see anything is none. What other programs of the object call is not attached and needs
 * no place.
 * @throws {Error} a program's section names a hook, but not where it is
 */
export function refuseUnplaced({ programs, maps }: ObjectSpec): void {
  const called = new Set(maps.flatMap(({ references = [] }) => references.map(({ name }) => name)));
  for (const program of programs) {
    if (program.attach.length > 0 || program.autoload === false || called.has(program.name)) continue;
    const missing = missingPlace(program);
    if (missing === undefined) continue;
    const { place, says, option } = missing;
    throw new Error(
      `program '${program.name}' (${program.section ?? program.title}) does not say to which ${place} it is to be attached: a monitor in TypeScript says it by ${says}, where a parameter may stand for it; what clang made is attached by ${option}`,
    );
  }
}

function missingPlace({ type, attachType }: ProgramSpec): Record<"place" | "says" | "option", string> | undefined {
  if (type === "sched_cls")
    return {
      place: "network interface",
      says: 'tc("eth0", "ingress", ...)',
      option: "'sonde load --attach --device NAME'",
    };
  if (type === "xdp" && (attachType ?? "xdp") === "xdp")
    return { place: "network interface", says: 'xdp("eth0", ...)', option: "'sonde load --attach --device NAME'" };
  if (attachType?.startsWith("cgroup_") === true)
    return {
      place: "control group",
      says: 'cgroup("/", "connect4", ...)',
      option: "'sonde load --attach --cgroup DIR'",
    };
  if (type === "netfilter")
    return {
      place: "hook of netfilter",
      says: 'netfilter({ family: "ipv4", hook: "input", priority: 0 }, ...)',
      option: "attachNetfilter of the library",
    };
  return undefined;
}
