// tsc -b leaves what it made of a source that is gone; an old test among that would run on.
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { root } from "./lib/environment.js";

const packages = path.join(root, "packages");
for (const name of readdirSync(packages)) {
  const built = path.join(packages, name, "dist");
  if (!existsSync(built)) continue;
  for (const file of readdirSync(built, { recursive: true, encoding: "utf8" })) {
    const [, stem] = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file) ?? [];
    if (stem === undefined || file.startsWith("bin/")) continue;
    const source = path.join(packages, name, "src", stem);
    if (!existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`)) rmSync(path.join(built, file));
  }
}
