import { type FeatureRow, probeFeatures } from "@sonde/kernel/features";
import { release } from "node:os";
import { runningTarget } from "@sonde/kernel/target";
import { openKernel } from "@sonde/kernel/sys";
import { type ParsedArguments, UsageError } from "../command.ts";
import { table } from "../output/table.ts";
import { print } from "../output/say.ts";

/** `sonde features`: everything is tried now, which takes about a hundred programs and maps. */
export async function run(args: ParsedArguments): Promise<number> {
  if (args.words.length > 0) throw new UsageError(`'${args.words[0]!}' is not understood; features takes options only`);
  const kernel = openKernel();
  const target = runningTarget({ kernel });
  const features = probeFeatures({ kernel, btf: () => target.btf });
  if (args.value("format") === "json") {
    print(`${JSON.stringify({ kernel: release(), arch: target.arch, features })}\n`);
    return 0;
  }
  print(`Linux ${release()} on ${target.arch}\n`);
  for (const group of new Set(features.map((f) => f.group))) {
    const rows = features.filter((f) => f.group === group).map(featureRow);
    print(`\n${table([group, "here", "since", "note"], rows)}`);
  }
  return 0;
}

function featureRow(feature: FeatureRow): readonly string[] {
  return [feature.name, feature.supported ? "yes" : "no", feature.since, feature.note];
}
