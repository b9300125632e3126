/** What handlers become is what the kernel's verifier accepts. */
import { kernelTest } from "@sonde/kernel/testing";
import { loadObject } from "sonde";
import { CASES, casesText } from "./language-cases.ts";
import { loadText } from "./text.ts";

kernelTest("the verifier accepts every construct", async () => {
  const { spec } = await loadText(casesText(CASES.map(([body]) => body)));
  using live = loadObject(spec);
  live.attach();
});
