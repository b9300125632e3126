/**
 * For the test of tokens: a process in a user namespace of its own. It opens a BPF file system, lets its
 * parent, who is root outside, delegate to it, mounts it, and loads a program with the token of it.
 * It talks in lines: the descriptor it opened; then, told to go on, what it came to.
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { createToken, openKernel, withToken } from "../../sys/index.ts";
import { loadCollection } from "../load.ts";
import { testMap, testObject } from "../test-object.ts";
import { systemCall } from "./system-call.ts";

const FSOPEN = 430;
const FSMOUNT = 432;

const context = systemCall(FSOPEN, "bpf", 0);
process.stdout.write(`${context}\n`);
await once(createInterface(process.stdin), "line");
const mount = systemCall(FSMOUNT, context, 0);

const kernel = openKernel();
const object = testObject([{ type: "socket_filter" }], [testMap("numbers", "array")]);
const attempt = (trusted: typeof kernel): string => {
  try {
    using collection = loadCollection(trusted, object, { vmlinux: () => undefined });
    return `loaded ${[...collection.maps].length} map and ${collection.programs.length} program`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};
const without = attempt(kernel);
using token = createToken(kernel, `/proc/self/fd/${mount}`);
process.stdout.write(`${without}; ${attempt(withToken(kernel, token))}\n`);
process.exit();
