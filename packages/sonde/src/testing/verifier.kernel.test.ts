/** What handlers become is what the kernel's verifier accepts. */
import { kernelTest } from "@sonde/kernel/testing";
import { loadObject } from "sonde";
import { CASES, casesText } from "./language-cases.ts";
import { loadText } from "./text.ts";

const bodies = CASES.map(([body]) => body);
const calledBack = (body: string): boolean => body.includes("loop(");

kernelTest("the verifier accepts every construct", async () => {
  const { spec } = await loadText(casesText(bodies.filter((body) => !calledBack(body))));
  using live = loadObject(spec);
  live.attach();
});

kernelTest("the verifier accepts functions that are called back", { needs: ["bpf_loop"] }, async () => {
  const { spec } = await loadText(casesText(bodies.filter(calledBack)));
  using live = loadObject(spec);
  live.attach();
});
