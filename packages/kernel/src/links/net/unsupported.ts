/** What a refusal means on a kernel that may be too old. */
import { release } from "node:os";
import { Errno, KernelError, UnsupportedFeatureError } from "../../sys/index.ts";

/** How kernels answer what they do not know. */
export function isUnknownToKernel(error: unknown): boolean {
  const answers: readonly number[] = [Errno.EINVAL, Errno.EOPNOTSUPP, Errno.ENOTSUPP];
  return error instanceof KernelError && answers.includes(error.errno);
}

/** Runs `attach`; a refusal on a kernel before `since` ("6.6") becomes an UnsupportedFeatureError. `running` is for tests. */
export function needing<T>(feature: string, since: string, attach: () => T, running: string = release()): T {
  try {
    return attach();
  } catch (error) {
    if (!isUnknownToKernel(error) || versionNumber(running) >= versionNumber(since)) throw error;
    throw new UnsupportedFeatureError(feature, since, (error as KernelError).message.split("\n", 1)[0] ?? "", {
      cause: error,
    });
  }
}

/** Releases as numbers that compare as they should: "5.10.0-46-cloud" as 5010. */
function versionNumber(name: string): number {
  const [major = "0", minor = "0"] = name.split(".");
  return Number.parseInt(major, 10) * 1000 + Number.parseInt(minor, 10);
}
