/** Every helper that is simulated. */
import type { HelperTable } from "./call.ts";
import { loopHelpers } from "./loop-helpers.ts";
import { mapHelpers } from "./map-helpers.ts";
import { packetHelpers } from "./packet-helpers.ts";
import { printHelpers } from "./print-helpers.ts";
import { readHelpers } from "./read-helpers.ts";
import { ringHelpers } from "./ring-helpers.ts";
import { stackHelpers } from "./stack-helpers.ts";
import { taskHelpers } from "./task-helpers.ts";

/** Those of the VM, and an author's before them. */
export function helperTable(own: HelperTable): HelperTable {
  return {
    ...mapHelpers,
    ...readHelpers,
    ...taskHelpers,
    ...printHelpers,
    ...ringHelpers,
    ...loopHelpers,
    ...stackHelpers,
    ...packetHelpers,
    ...own,
  };
}
