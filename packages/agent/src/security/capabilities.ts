/** What the agent needs of root's powers, and why; the rest it gives up when it starts. */
import { capabilitiesOf, CAPABILITIES } from "@sonde/kernel/sys";

export interface NeededCapability {
  readonly name: string;
  readonly reason: string;
}

export const NEEDED_CAPABILITIES: readonly NeededCapability[] = [
  { name: "bpf", reason: "to make maps and load programs" },
  { name: "perfmon", reason: "to attach programs to tracepoints, probes and perf events" },
  {
    name: "sys_admin",
    reason: "to measure what programs cost, which kernels allow nobody else: cost budgets rest on that",
  },
  { name: "sys_ptrace", reason: "to read the memory maps and symbols of other users' processes" },
  {
    name: "dac_read_search",
    reason:
      "to read programs and libraries that are attached to, and what runtimes write of containers, whoever owns them",
  },
  { name: "syslog", reason: "to read the addresses of the kernel's symbols" },
  { name: "sys_resource", reason: "to lift the limit on locked memory on kernels before 5.11" },
];

/** What network programs need where they go by netlink instead of links: tc before Linux 6.6. */
export const NETWORK_CAPABILITY: NeededCapability = {
  name: "net_admin",
  reason: "to attach programs to network devices on kernels without links for them",
};

/** The names in a list such as "default,net_admin". @throws {Error} for one that is none */
export function keptCapabilities(list: string | undefined): readonly string[] {
  const names = (list ?? "default").split(",").flatMap((text) => {
    const name = text.trim().toLowerCase().replace(/^cap_/, "");
    return name === "default" ? NEEDED_CAPABILITIES.map((needed) => needed.name) : [name];
  });
  const unknown = names.find((name) => !CAPABILITIES.includes(name));
  if (unknown !== undefined)
    throw new Error(`there is no capability '${unknown}'; there are default, ${CAPABILITIES.join(", ")}`);
  return names;
}

/** What is needed and not there, as a sentence to be logged for each. */
export function missingCapabilities(): readonly string[] {
  const { effective } = capabilitiesOf();
  return NEEDED_CAPABILITIES.filter(({ name }) => !effective.includes(name) && name !== "sys_resource").map(
    ({ name, reason }) => `CAP_${name.toUpperCase()} is missing, which is needed ${reason}`,
  );
}
