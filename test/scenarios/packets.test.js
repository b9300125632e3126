// skboutput(): what goes over loopback ends in files that tcpdump reads.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { temporaryFolder } from "../support/folder.js";

const folder = temporaryFolder();

/** Sends datagrams of so many bytes to itself. @param {readonly number[]} sizes */
function sender(sizes) {
  const file = path.join(folder, "send.mjs");
  writeFileSync(
    file,
    `import { createSocket } from "node:dgram";
     const [from, to] = [createSocket("udp4"), createSocket("udp4")];
     to.bind(45678, "127.0.0.1", async () => {
       for (const size of ${JSON.stringify(sizes)})
         await new Promise((resolve) => from.send(Buffer.alloc(size, "x"), 45678, "127.0.0.1", resolve));
       from.close();
       to.close();
     });`,
  );
  return `${process.execPath} ${file}`;
}

/** @param {string} file */
function tcpdump(file) {
  const text = execFileSync("tcpdump", ["-n", "-tt", "-r", path.join(folder, file)], {
    encoding: "utf8",
    stdio: "pipe",
  });
  return text.trim().split("\n");
}

test("skboutput: every packet once, in the order of their coming, with the time", () => {
  const sizes = [8, 100, 1400, 1, 9000];
  const script = `rawtracepoint:netif_receive_skb {
    $iph = (struct iphdr *)(args.skb->head + args.skb->network_header);
    $udp = (struct udphdr *)(args.skb->head + args.skb->transport_header);
    if ($iph->protocol == 17 && bswap((uint16)((struct udphdr *)((uint64)$iph + 20))->dest) == 45678) {
      @answers[skboutput("all.pcap", args.skb, args.skb->len, 0)] = count();
      skboutput("payload.pcap", args.skb, 28, 0);
      @tooLong[skboutput("all.pcap", args.skb, args.skb->len + 1, 0)] = count();
    } }`;
  const began = Date.now() / 1000;
  const { status, stdout, stderr } = spawnSync(
    path.join(root, "bin/sonde"),
    ["trace", "-q", "-c", sender(sizes), "-e", script],
    { encoding: "utf8", env: childEnvironment(), cwd: folder, timeout: 60_000 },
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^@answers\[0\]: 5$/m);
  assert.match(stdout, /^@tooLong\[-14\]: 5$/m);
  const lines = tcpdump("all.pcap");
  assert.deepEqual(
    lines.map((line) => Number(/ > 127\.0\.0\.1\.45678: UDP, length (\d+)$/.exec(line)?.[1])),
    sizes,
  );
  for (const line of lines) {
    const time = Number(line.split(" ")[0]);
    assert.ok(time > began - 1 && time < Date.now() / 1000 + 1, line);
  }
  assert.equal(tcpdump("payload.pcap").length, sizes.length);
});

test("skboutput: a file that cannot be made, a packet that is none", () => {
  const words = ["trace", "-q", "-e"];
  /** @param {string} script */
  const run = (script) =>
    spawnSync(path.join(root, "bin/sonde"), [...words, script], { encoding: "utf8", env: childEnvironment() });
  const missing = run('rawtracepoint:netif_receive_skb { _ = skboutput("/nowhere/a.pcap", args.skb, 20, 0); }');
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /\/nowhere\/a\.pcap/);
  const wrong = run('BEGIN { _ = skboutput("a.pcap", curtask, 20, 0); }');
  assert.match(wrong.stderr, /expected a struct sk_buff \*/);
});
