/** What ebpf_exporter says of its configurations and programs, for dashboards and alerts that ask for it by name. */
import { programInfo } from "@sonde/kernel/objects";
import type { Program } from "@sonde/kernel/programs";
import type { Kernel } from "@sonde/kernel/sys";
import { type Family, scalarFamily } from "../exposition/family.ts";
import { renderLabels } from "../exposition/labels.ts";

/** A configuration that is on. */
export interface EnabledConfig {
  readonly name: string;
  readonly programs: readonly Program[];
}

type Row = readonly [labels: string, value: number];

/** Nothing where there is no such configuration. Run times grow only while the kernel keeps statistics (kernel.bpf_stats_enabled). */
export function* exporterFamilies(kernel: Kernel, configs: readonly EnabledConfig[]): Generator<Family> {
  if (configs.length === 0) return;
  const infos: Row[] = [];
  const attached: Row[] = [];
  const times: Row[] = [];
  const counts: Row[] = [];
  for (const { name, programs } of configs) {
    for (const program of programs) {
      const { id, tag, nanoseconds, runs } = programInfo(kernel, program.fd, `program '${program.name}'`);
      const own = renderLabels(["id"], [String(id)]);
      const values = [name, String(id), program.name, tag];
      infos.push([renderLabels(["config", "id", "program", "tag"], values), 1]);
      attached.push([own, program.targets.length > 0 ? 1 : 0]);
      times.push([own, Number(nanoseconds) / 1e9]);
      counts.push([own, Number(runs)]);
    }
  }
  const about = (name: string, help: string): { readonly name: string; readonly help: string } => ({
    name: `ebpf_exporter_${name}`,
    help,
  });
  const enabled = configs.map(({ name }): Row => [renderLabels(["name"], [name]), 1]);
  yield scalarFamily("gauge", about("enabled_configs", "The set of enabled configs"), enabled);
  yield scalarFamily("gauge", about("ebpf_program_info", "Info about ebpf programs"), infos);
  yield scalarFamily("gauge", about("ebpf_program_attached", "Whether a program is attached"), attached);
  const time = about("ebpf_program_run_time_seconds", "How long has the program been executing");
  yield { ...scalarFamily("counter", time, times), bareName: true };
  yield scalarFamily(
    "counter",
    about("ebpf_program_run_count", "How many times has the program been executed"),
    counts,
  );
}
