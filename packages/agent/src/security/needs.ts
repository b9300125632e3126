/** What of the agent's capabilities a monitor makes use of, and for what: told by its object alone. */
import type { DataType, Field, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";
import { programCapabilities } from "@sonde/kernel/programs";
import { capabilitiesOf } from "@sonde/kernel/sys";
import type { NeededCapability } from "./capabilities.ts";

/** In a reason. */
const MOST_NAMED = 3;
const OF_CONTAINERS: ReadonlySet<string> = new Set([
  ...["container", "container_id", "container_label", "container_runtime", "image"],
  ...["pod", "pod_uid", "pod_label", "namespace"],
]);

export function neededBy(spec: ObjectSpec): readonly NeededCapability[] {
  const { maps, events, monitor } = spec.manifest;
  const fields = [...maps.flatMap(({ keys }) => keys), ...events.flatMap((event) => event.fields)];
  const decoders = new Set(
    (monitor?.metrics ?? []).flatMap(({ labels }) => labels.flatMap((label) => label.decoders.map(({ name }) => name))),
  );
  const needing = (name: string): readonly ProgramSpec[] =>
    spec.programs.filter(({ type }) => programCapabilities(type).some((one) => one === name));
  const userFiles = spec.programs.filter(({ attach }) =>
    attach.some(({ kind }) => kind === "uprobe" || kind === "uprobeMulti" || kind === "usdt"),
  );
  const needs: NeededCapability[] = [{ name: "bpf", reason: "to make its maps and load its programs" }];
  const add = (name: string, wanted: boolean, reason: string): void => {
    if (wanted) needs.push({ name, reason });
  };
  for (const name of ["perfmon", "net_admin"]) add(name, needing(name).length > 0, `for ${titles(needing(name))}`);
  add("syslog", decoders.has("ksym") || anyAddress(fields, false), "to name addresses of the kernel");
  add("sys_ptrace", anyAddress(fields, true), "to name addresses of other users' processes");
  add("dac_read_search", userFiles.length > 0, `to read the programs and libraries of ${titles(userFiles)}`);
  add(
    "dac_read_search",
    userFiles.length === 0 && [...decoders].some((name) => OF_CONTAINERS.has(name)),
    "to read what runtimes write of containers",
  );
  return needs;
}

/** Stands for the others of these. */
const GREATEST = "sys_admin";
const BELOW_IT: ReadonlySet<string> = new Set(["bpf", "perfmon", "net_admin"]);

/** What a process with these capabilities lacks of what is needed. */
export function lacking(needs: readonly NeededCapability[], effective: readonly string[]): readonly NeededCapability[] {
  const held = new Set(effective);
  return needs.filter(({ name }) => !held.has(name) && !(held.has(GREATEST) && BELOW_IT.has(name)));
}

/** A refusal with the capabilities that this process would have needed; any other error as it is. */
export function withLacking(error: unknown, needs: readonly NeededCapability[]): unknown {
  if (!(error instanceof Error && "code" in error && (error.code === "EPERM" || error.code === "EACCES"))) return error;
  const lacks = lacking(needs, capabilitiesOf().effective);
  if (lacks.length === 0) return error;
  const what = lacks.map(({ name, reason }) => `CAP_${name.toUpperCase()} ${reason}`).join("; ");
  const keep = lacks.map(({ name }) => name).join(",");
  return new Error(
    `${error.message}\nThe agent lacks ${what}: start it with --keep-capabilities default,${keep}, and give its container those`,
    { cause: error },
  );
}

function titles(programs: readonly ProgramSpec[]): string {
  const all = programs.map(({ title }) => title);
  const rest = all.length - MOST_NAMED;
  return rest > 0 ? `${all.slice(0, MOST_NAMED).join(", ")} and ${rest} more` : all.join(", ");
}

/** Whether there are stacks or symbols: of processes, or of the kernel. */
function anyAddress(fields: readonly Field[], user: boolean): boolean {
  const holds = (type: DataType): boolean => {
    switch (type.kind) {
      case "stack":
      case "symbol":
        return type.user === user;
      case "tuple":
      case "record":
        return anyAddress(type.fields, user);
      case "array":
        return holds(type.element);
      default:
        return false;
    }
  };
  return fields.some(({ type }) => holds(type));
}
