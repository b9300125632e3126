import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { TrustedKeys, UntrustedFileError } from "./signatures.ts";

const mine = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");

function folder(context: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), "sonde-test-"));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

function keysIn(context: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const made = folder(context);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(made, name), text);
  return made;
}

const publicPem = (key: typeof mine): string | Buffer => key.publicKey.export({ type: "spki", format: "pem" });
const signed = (bytes: Uint8Array, key: typeof mine): Buffer =>
  Buffer.from(`${sign(null, bytes, key.privateKey).toString("base64")}\n`);

test("every file of a monitor needs a signature by a trusted key, over its very bytes", (t) => {
  const trusted = TrustedKeys.read(keysIn(t, { "team.pub": publicPem(mine) }));
  const script = Buffer.from("BEGIN {}");
  const changed = Buffer.from("BEGIN { }");
  const check = (files: Readonly<Record<string, Uint8Array>>) => () => trusted.check({ main: "a.bt", files });
  assert.doesNotThrow(check({ "a.bt": script, "a.bt.sig": signed(script, mine) }));
  const refused: readonly (readonly [Readonly<Record<string, Uint8Array>>, RegExp])[] = [
    [{ "a.bt": script }, /a\.bt is not signed/],
    [{ "a.bt": changed, "a.bt.sig": signed(script, mine) }, /by none of the trusted keys \(team\.pub\)/],
    [{ "a.bt": script, "a.bt.sig": signed(script, other) }, /by none of the trusted keys/],
    [{ "a.bt": script, "a.bt.sig": Buffer.from("AAAA") }, /by none of the trusted keys/],
    [{ "a.bt": script, "a.bt.sig": signed(script, mine), "a.bpf.o": changed }, /a\.bpf\.o is not signed/],
  ];
  for (const [files, message] of refused)
    assert.throws(check(files), (error: unknown) => error instanceof UntrustedFileError && message.test(error.message));
});

test("keys that cannot be used are named", (t) => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const cases: readonly (readonly [Readonly<Record<string, string | Buffer>>, RegExp])[] = [
    [{}, /holds no public key/],
    [{ "a.pub": "hello" }, /cannot use .*a\.pub as a public key/],
    [
      { "a.pem": mine.privateKey.export({ type: "pkcs8", format: "pem" }) },
      /a private key, which has no business here/,
    ],
    [{ "a.pem": rsa.publicKey.export({ type: "spki", format: "pem" }) }, /of type rsa; only ed25519/],
  ];
  for (const [files, message] of cases) assert.throws(() => TrustedKeys.read(keysIn(t, files)), message);
});
