// Monitors of kernel functions, which are run in guests: `npm run test:kernel -- 6.12 test/monitors/functions.test.js`.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { kernelTest } from "@sonde/kernel/testing";
import { folder, ownName, seriesOf, told } from "./support.js";

kernelTest("funclatency: every call of a kernel function", { needs: ["kprobe", "kretprobe"] }, async () => {
  const { comm, file } = ownName("/bin/dd");
  const lines = await told("funclatency", `${file} if=/dev/zero of=/dev/null bs=1 count=3000 status=none`, [
    "--comm",
    comm,
    "--function",
    "vfs_read",
  ]);
  const [calls] = seriesOf(lines, "function_calls");
  assert.equal(calls.labels.function, "vfs_read");
  // What starting it reads comes on top.
  assert.ok(calls.value >= 3000 && calls.value < 3020, String(calls.value));
});

const DIRECTORIES = 60;

/** Hooks that the making of a directory goes through, and by what a handler forbids it. */
const DECIDING = {
  lsm: { needs: "lsm", hook: 'lsm("inode_mkdir"' },
  fmodRet: { needs: "fmod_ret", hook: 'fmodRet("security_inode_mkdir"' },
};

for (const [name, { needs, hook }] of Object.entries(DECIDING)) {
  kernelTest(
    `${name}: directories that a program makes are counted, and forbidden`,
    { needs: /** @type {["lsm"]} */ ([needs]) },
    async () => {
      const monitor = path.join(folder, `${name}.ts`);
      writeFileSync(
        monitor,
        `import { counter, ${name}, monitor, param } from "sonde/probe";
         monitor("${name}");
         const forbid = param("forbid", false);
         const asked = counter("asked");
         ${hook}, () => { asked.increment(); if (forbid) return -13; return 0; });`,
      );
      for (const forbidden of [false, true]) {
        const place = path.join(folder, `${name}-${forbidden}`);
        mkdirSync(place);
        const { comm, file } = ownName(process.execPath);
        const script = `for (let i = 0; i < ${DIRECTORIES}; i++) try { fs.mkdirSync("${place}/" + i) } catch {}`;
        const options = ["--comm", comm, ...(forbidden ? ["--forbid"] : [])];
        const lines = await told(monitor, `${file} -e '${script}'`, options);
        assert.equal(seriesOf(lines, "asked")[0]?.value, DIRECTORIES, JSON.stringify(lines));
        assert.equal(readdirSync(place).length, forbidden ? 0 : DIRECTORIES);
      }
    },
  );
}
