/** The pass list. Each pass is a function of its own file; the order is the order of running. */
import { removeTrivialPhis } from "../ir/edges.ts";
import { foldAddresses } from "./addresses.ts";
import { narrow } from "./bits.ts";
import { removeDead } from "./dead.ts";
import { simplifyFlow } from "./flow.ts";
import { fold } from "./fold.ts";
import type { Pass } from "./pass.ts";
import { share } from "./share.ts";
import { removeDeadStores } from "./slots.ts";
import { threadJumps } from "./thread.ts";

export type { Pass } from "./pass.ts";
export { runPasses } from "./run.ts";
export type { RunOptions } from "./run.ts";

export const PASSES: readonly Pass[] = [
  { name: "fold", run: fold },
  { name: "phis", run: removeTrivialPhis },
  { name: "thread", run: threadJumps },
  { name: "flow", run: simplifyFlow },
  { name: "bits", run: narrow },
  { name: "addresses", run: foldAddresses },
  { name: "share", run: share },
  { name: "slots", run: removeDeadStores },
  { name: "dead", run: removeDead },
];
