// The command as compiled, module by module: slower to start, but a stack trace names the sources.
import { main } from "./dist/main.js";

process.exit(await main(process.argv.slice(2)));
