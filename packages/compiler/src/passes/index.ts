/** The pass list. Each pass is a function of its own file; the order is the order of running. */
import { removeTrivialPhis } from "../ir/edges.ts";
import { propagateConstants } from "./constants.ts";
import { multiplyForDivision } from "./divide.ts";
import { forwardStores } from "./forward.ts";
import { hoistInvariants } from "./hoist.ts";
import { foldAddresses } from "./addresses.ts";
import { narrow } from "./bits.ts";
import { closePhis } from "./close.ts";
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
  { name: "constants", run: propagateConstants },
  { name: "fold", run: fold },
  { name: "phis", run: removeTrivialPhis },
  { name: "close", run: closePhis },
  { name: "thread", run: threadJumps },
  { name: "flow", run: simplifyFlow },
  { name: "bits", run: narrow },
  { name: "addresses", run: foldAddresses },
  { name: "divide", run: multiplyForDivision },
  { name: "share", run: share },
  { name: "hoist", run: hoistInvariants },
  { name: "forward", run: forwardStores },
  { name: "slots", run: removeDeadStores },
  { name: "dead", run: removeDead },
];
