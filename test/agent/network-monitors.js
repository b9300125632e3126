// Monitors of the network that count the datagrams of one test, each by another hook.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { buildMonitor, buildTarget } from "@sonde/builder";
import { writeObject } from "@sonde/bpf/elf";

export const PORT = 7531;
/** Bytes of a datagram's payload, by which netfilter's monitor tells it from an answer; 28 of IPv4 and UDP come on top. */
export const PAYLOAD = 777;

const DEVICE = `const device = param("device", "lo", { size: 16 });`;

/** Handlers by the monitor's name: what is before them, and the hook with a condition. */
const HOOKS = {
  xdp: [DEVICE, `xdp(device, (packet) => { if (packet.u16(36) === ${PORT}) count(); return XdpAction.pass; });`],
  tcx: [DEVICE, `tc(device, "ingress", (packet) => { if (packet.u16(36) === ${PORT}) count(); });`],
  group: [
    `const group = param("group", "/", { size: 256 });`,
    `cgroup(group, "egress", (packet) => { if (packet.u16(22) === ${PORT}) count(); });`,
  ],
  filter: [
    // Others' packets pass there too.
    `const interfaceIndex = param("interface", 0);`,
    `netfilter({ family: "ipv4", hook: "input", priority: -77 }, ({ state, skb }) => {
      if (skb.len === ${PAYLOAD + 28} && state.in.ifindex === interfaceIndex) count();
    });`,
  ],
};

/** @typedef {keyof typeof HOOKS} Hook */
export const NAMES = /** @type {readonly Hook[]} */ (Object.keys(HOOKS));

/**
 * The source of a version; each second one has a map more, so that programs and objects differ.
 * @param {Hook} name @param {number} version
 */
export function networkMonitor(name, version) {
  const [declarations, hook] = HOOKS[name];
  const more = version % 2 === 0 ? "" : `const more = counter("test_${name}_more");`;
  return `
    import { cgroup, counter, monitor, netfilter, param, tc, xdp, XdpAction } from "sonde/probe";
    monitor("${name}", { help: "Datagrams, by ${name}" });
    ${declarations}
    const datagrams = counter("test_${name}_datagrams", { help: "Datagrams" });
    ${more}
    function count() { datagrams.increment(); ${version % 2 === 0 ? "" : "more.increment();"} }
    ${hook}
  `;
}

/** @param {string} folder @param {Hook} name @param {number} version @param {string} [device] instead of loopback */
export async function networkSpec(folder, name, version, device = "lo") {
  const file = path.join(folder, `${name}-${version}.ts`);
  writeFileSync(file, networkMonitor(name, version).replace('"lo"', JSON.stringify(device)));
  const { spec, diagnostics } = await buildMonitor(file, buildTarget());
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics.map(({ message }) => message)));
  return spec;
}

/** @param {string} folder @param {Hook} name @param {number} version @param {string} [device] */
export async function networkObject(folder, name, version, device) {
  return new Uint8Array(writeObject(await networkSpec(folder, name, version, device)));
}
