/** Options by which only some tasks are looked at: the same for every command that runs programs. */
import type { FilterView } from "@sonde/bpf/spec";
import type { Option, ParsedArguments } from "./command.ts";

export const FILTER_OPTIONS: readonly Option[] = [
  { name: "container", value: "NAME", multiple: true, help: "only tasks of this container, by name or id" },
  { name: "pod", value: "POD", multiple: true, help: "only tasks of this pod: NAME, NAMESPACE/NAME or uid" },
  { name: "namespace", value: "NAME", multiple: true, help: "only tasks of this namespace's pods" },
  {
    name: "cgroup",
    value: "PATH",
    multiple: true,
    help: "only tasks in this cgroup and below (/system.slice/ssh.service)",
  },
  { name: "comm", value: "NAME", multiple: true, help: "only threads of this name" },
];

/** Undefined if none of the options is given. Each may be given several times: any of its values will do. */
export function filterOf(args: ParsedArguments, pid: number | undefined): FilterView | undefined {
  const filter: FilterView = {
    ...(pid !== undefined && { pids: [pid] }),
    ...given("containers", args.values("container")),
    ...given("pods", args.values("pod")),
    ...given("namespaces", args.values("namespace")),
    ...given("cgroups", args.values("cgroup")),
    ...given("comms", args.values("comm")),
  };
  return Object.keys(filter).length === 0 ? undefined : filter;
}

function given(name: keyof FilterView, values: readonly string[]): FilterView {
  return values.length === 0 ? {} : { [name]: values };
}
