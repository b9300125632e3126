import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isIPv6 } from "node:net";
import { Bytes } from "../decode/bytes.ts";
import { errorText } from "./errors.ts";
import { namer } from "./index.ts";
import { signalName } from "./signals.ts";

test("errors, signals and system calls have the names that the system's own headers and libraries give", () => {
  // Perl asks the C library.
  const texts = execFileSync("perl", ["-e", 'for (0..133) { $! = $_; print "$_ $!\\n" }'], {
    encoding: "utf8",
    env: { LC_ALL: "C" },
  });
  for (const line of texts.trim().split("\n")) {
    const [number = "", ...words] = line.split(" ");
    if (number !== "0") assert.equal(errorText(BigInt(number)), words.join(" "));
  }
  assert.equal(errorText(-2n), "No such file or directory");
  assert.equal(errorText(9999n), "Unknown error 9999");

  const signals = execFileSync("bash", ["-c", "kill -l {1..31}"], { encoding: "utf8" }).trim().split(/\s+/);
  assert.deepEqual(
    signals.map((_, index) => signalName(BigInt(index + 1))),
    signals.map((name) => `SIG${name}`),
  );
});

test("addresses as the C library writes them", () => {
  const text = (family: number, address: readonly number[]): string => {
    const bytes = new Uint8Array(24);
    bytes[0] = family;
    bytes.set(address, 8);
    return namer({ kind: "inet" })(new Bytes(bytes), 0);
  };
  assert.equal(text(2, [192, 0, 2, 1]), "192.0.2.1");
  const cases = ["::", "::1", "2001:db8::1", "fe80::1:0:0:1", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "1:0:0:2::3"];
  for (const want of cases) {
    assert.ok(isIPv6(want));
    const hex = execFileSync("python3", ["-c", `import socket; print(socket.inet_pton(10, "${want}").hex())`], {
      encoding: "utf8",
    });
    assert.equal(text(10, [...Buffer.from(hex.trim(), "hex")]), want);
  }
});

test("a time since boot is the wall clock's", () => {
  const bytes = new Bytes(new Uint8Array(8));
  const [uptime = "0"] = readFileSync("/proc/uptime", "utf8").split(" ");
  bytes.view.setBigUint64(0, BigInt(Math.round(Number(uptime) * 1e9)), true);
  const shown = Number(namer({ kind: "time", format: "%s" })(bytes, 0));
  assert.ok(Math.abs(shown - Date.now() / 1000) < 2, String(shown));
});
