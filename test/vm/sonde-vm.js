// npm run sonde:vm -- KERNEL ARGUMENT...   runs bin/sonde on one of Debian's kernels
// npm run sonde:vm -- KERNEL -- COMMAND... runs any command there, in the project's directory
import { GuestError, quote, runInGuest } from "./guest.js";
import { kernels } from "./kernels.js";

const [name, ...words] = process.argv.slice(2);
if (name === undefined || !(name in kernels) || words.length === 0) {
  console.error(`usage: npm run sonde:vm -- ${Object.keys(kernels).join("|")} ARGUMENT... | -- COMMAND...`);
  process.exit(2);
}
const command = words[0] === "--" ? words.slice(1) : ["bin/sonde", ...words];
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await runInGuest(name, quote(command));
} catch (error) {
  if (!(error instanceof GuestError)) throw error;
  console.error(error.message);
  process.exitCode = error.timedOut ? 124 : 125;
}
