/** The pass list. Each pass is a function of its own file; the order is the order of running. */
import { removeTrivialPhis } from "../ir/edges.ts";
import { propagateConstants } from "./constants.ts";
import { foldAddresses } from "./addresses.ts";
import { narrow } from "./bits.ts";
import { closePhis } from "./close.ts";
import { followConditions } from "./conditions.ts";
import { removeDead } from "./dead.ts";
import { multiplyForDivision } from "./divide.ts";
import { simplifyFlow } from "./flow.ts";
import { fold } from "./fold.ts";
import { forwardStores } from "./forward.ts";
import { hoistInvariants } from "./hoist.ts";
import { shareLookups } from "./lookups.ts";
import type { Pass } from "./pass.ts";
import { share } from "./share.ts";
import { sinkAnswers } from "./sink.ts";
import { removeDeadStores } from "./slots.ts";
import { storeEarly } from "./store-early.ts";
import { threadJumps } from "./thread.ts";
import { widenStores } from "./widen.ts";

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
  { name: "lookups", run: shareLookups },
  { name: "conditions", run: followConditions },
  { name: "slots", run: removeDeadStores },
  { name: "widen", run: widenStores },
  { name: "sink", run: sinkAnswers },
  { name: "store-early", run: storeEarly },
  { name: "dead", run: removeDead },
];
