/** `sonde sign`: detached signatures of monitors, for agents that load only what a trusted key has signed. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { type ParsedArguments, UsageError } from "../command.ts";
import { FileError } from "../files.ts";
import { print } from "../output/say.ts";

export function run(args: ParsedArguments): Promise<number> {
  const fresh = args.value("new-key");
  const keyFile = args.value("key");
  if (fresh !== undefined) {
    if (keyFile !== undefined || args.words.length > 0) throw new UsageError("--new-key makes a key and nothing else");
    makeKey(fresh);
    return Promise.resolve(0);
  }
  if (keyFile === undefined) throw new UsageError("name the private key with --key FILE; --new-key NAME makes one");
  if (args.words.length === 0) throw new UsageError("name the files to sign");
  const key = privateKey(keyFile);
  for (const file of args.words) {
    const signature = sign(null, reading(file, "cannot read what is to be signed"), key);
    writing(`${file}.sig`, `${signature.toString("base64")}\n`, 0o644);
    print(`${file}.sig\n`);
  }
  return Promise.resolve(0);
}

function makeKey(name: string): void {
  const { privateKey: secret, publicKey } = generateKeyPairSync("ed25519");
  writing(`${name}.key`, secret.export({ type: "pkcs8", format: "pem" }), 0o600);
  writing(`${name}.pub`, publicKey.export({ type: "spki", format: "pem" }), 0o644);
  print(`${name}.key: keep it secret\n${name}.pub: for the directory that agents are given with --trusted-keys\n`);
}

function privateKey(file: string): KeyObject {
  const text = reading(file, "cannot read the key");
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (error) {
    throw new Error(`${file} holds no private key: ${(error as Error).message}`, { cause: error });
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new Error(`${file} is a key of type ${key.asymmetricKeyType ?? "unknown"}; signatures are Ed25519's`);
}

function reading(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new FileError(what, file, error);
  }
}

/** Never over a key that is there already. */
function writing(file: string, text: string | Buffer, mode: number): void {
  try {
    writeFileSync(file, text, { mode, flag: file.endsWith(".sig") ? "w" : "wx" });
  } catch (error) {
    throw new FileError("cannot write", file, error);
  }
}
