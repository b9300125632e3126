/** Traffic control, by the better of the two ways that the kernel has. */
import type { Kernel } from "../../sys/index.ts";
import { UnsupportedFeatureError } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import { attachClsact } from "./clsact.ts";
import { type TcxPlace, attachTcx } from "./tcx.ts";
import { isUnknownToKernel } from "./unsupported.ts";

/** Of filters with a handle that the caller chose: what the kernel would take for the first filter. */
const PRIORITY = 0xc000;

/**
 * Attaches a sched_cls program behind those that are there: by TCX, or where the kernel has none by a
 * filter on clsact. TC_ACT_OK, TC_ACT_SHOT and TC_ACT_REDIRECT mean the same to both; TC_ACT_UNSPEC (-1)
 * lets the next one decide. With `filterHandle` a filter takes the place of the one that has that handle. Options of only one way: see {@link attachTcx} and {@link attachClsact}.
 */
export function attachTc(kernel: Kernel, program: LoadedProgram, place: TcxPlace, filterHandle?: number): Link {
  try {
    return attachTcx(kernel, program, place);
  } catch (error) {
    // A kernel may also be new enough and built without it.
    if (!(error instanceof UnsupportedFeatureError) && !isUnknownToKernel(error)) throw error;
    const own = filterHandle === undefined ? {} : { handle: filterHandle, priority: PRIORITY, replace: true };
    return attachClsact(kernel, program, { ...place, ...own });
  }
}
