// resolve.js cached|fresh: CPU ms to find 15 fields of three structs in the running kernel's types, after start.
import { findMember } from "sonde/btf";
import { openKernel, openVmlinuxBtf, userCache } from "sonde/kernel";

const wanted = {
  task_struct: ["pid", "tgid", "comm", "real_parent", "mm"],
  sock: [
    "__sk_common.skc_family",
    "__sk_common.skc_daddr",
    "__sk_common.skc_rcv_saddr",
    "__sk_common.skc_dport",
    "sk_wmem_queued",
  ],
  request: ["cmd_flags", "__data_len", "__sector", "start_time_ns", "q"],
};

const kernel = openKernel();
kernel.pidfdOpen(-1); // loads what makes system calls
const cache = process.argv[2] === "cached" ? userCache() : { read: () => undefined, write: () => {} };
if (process.argv[2] === "cached") openVmlinuxBtf(kernel, cache);

const before = process.cpuUsage();
const btf = openVmlinuxBtf(kernel, cache);
if (btf === undefined) throw new Error("this kernel does not tell its types");
let bits = 0;
for (const [struct, members] of Object.entries(wanted)) {
  const id = btf.find(struct, "struct")[0] ?? 0;
  for (const member of members) {
    const found = findMember(btf, id, member);
    if (found === undefined) throw new Error(`struct ${struct} has no ${member}`);
    bits += found.bitOffset;
  }
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpu: (user + system) / 1000, bits }));
