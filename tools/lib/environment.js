// Where the project is, and what its child processes see of the caller's environment.
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * The environment of builds and tests: without what changes the behaviour of Node.js or npm behind
 * their back. NODE_EXTRA_CA_CERTS stays for npm alone, because reading it costs every start 70 ms.
 * @param {{ network?: boolean }} [options]
 * @returns {NodeJS.ProcessEnv}
 */
export function childEnvironment(options = {}) {
  const { NODE_ENV, NODE_OPTIONS, NODE_TEST_CONTEXT, NODE_EXTRA_CA_CERTS, ...environment } = process.env;
  if (options.network && NODE_EXTRA_CA_CERTS !== undefined) environment["NODE_EXTRA_CA_CERTS"] = NODE_EXTRA_CA_CERTS;
  return environment;
}
