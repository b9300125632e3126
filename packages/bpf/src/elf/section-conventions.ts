/**
 * Names of sections that libbpf does not know and objects in the field have: for `readObject`'s option
 * `section`.
 *
 *     perf_event/type=1,config=0,frequency=99     a perf event by perf_event_attr's numbers (or period=1000)
 *     xdp/eth0                                    an interface
 */
import type { AttachTarget } from "../spec/spec.ts";
import type { SectionMeaning } from "./section-names.ts";

/** Undefined for other names. Throws TypeError for a perf event that cannot be read. */
export function conventionalSection(section: string): SectionMeaning | undefined {
  const [, kind, text = ""] = /^\??(perf_event|xdp)\/(.+)$/.exec(section) ?? [];
  if (kind === "perf_event") return { type: "perf_event", attach: [perfEvent(text)] };
  if (kind === "xdp" && /^[^/\s:]{1,15}$/.test(text) && !LIBBPF_XDP.has(text))
    return { type: "xdp", attachType: "xdp", attach: [{ kind: "xdp", device: text }] };
  return undefined;
}

/** What stands there in libbpf's own names. */
const LIBBPF_XDP: ReadonlySet<string> = new Set(["devmap", "cpumap"]);

function perfEvent(text: string): AttachTarget {
  const settings = new Map(text.split(",").map((part) => part.split("=", 2) as [string, string | undefined]));
  const number = (name: string): number | undefined => {
    const value = settings.get(name);
    settings.delete(name);
    if (value === undefined) return undefined;
    return /^(0x[0-9a-f]+|\d+)$/i.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : NaN;
  };
  const [type = NaN, config = NaN, frequency, period] = ["type", "config", "frequency", "period"].map(number);
  const unreadable = [type, config, frequency ?? 0, period ?? 0].some(Number.isNaN);
  if (unreadable || settings.size > 0 || (frequency === undefined) === (period === undefined)) {
    throw new TypeError(
      `cannot read the perf event '${text}': it is written type=NUMBER,config=NUMBER and frequency=NUMBER or period=NUMBER`,
    );
  }
  const sample = frequency === undefined ? { period: period ?? 0 } : { frequency };
  return { kind: "perfEvent", event: { type, config }, ...sample, cpus: "all" };
}
