/**
 * Which files the agent may load: with trusted keys, only those that one of them has signed. A signature is
 * Ed25519 over the file's bytes, as base64, beside the file as NAME.sig or in the request's header; openssl
 * makes the same.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MonitorFiles } from "../monitor/files.ts";
import { MonitorSourceError } from "../monitor/source.ts";

export const SIGNATURE_SUFFIX = ".sig";
/** Of an Ed25519 signature. */
const SIGNATURE_BYTES = 64;

/** A file that nobody who is trusted has signed. */
export class UntrustedFileError extends MonitorSourceError {
  override readonly name = "UntrustedFileError";
}

export class TrustedKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>;

  constructor(keys: ReadonlyMap<string, KeyObject>) {
    this.#keys = keys;
  }

  /** Every public key (PEM, Ed25519) of a directory. @throws {Error} there is none, or one that cannot be used */
  static read(directory: string): TrustedKeys {
    const files = readdirSync(directory).filter((file) => /\.(pem|pub)$/.test(file));
    if (files.length === 0) throw new Error(`${directory} holds no public key (*.pem, *.pub)`);
    return new TrustedKeys(new Map(files.map((file) => [file, readKey(join(directory, file))])));
  }

  /** Each file of a monitor must be signed. @throws {UntrustedFileError} */
  check({ files }: MonitorFiles): void {
    for (const [name, bytes] of Object.entries(files)) {
      if (name.endsWith(SIGNATURE_SUFFIX)) continue;
      const signature = files[`${name}${SIGNATURE_SUFFIX}`];
      if (signature === undefined)
        throw new UntrustedFileError(
          `${name} is not signed, and this agent has --trusted-keys: sign it with 'sonde sign --key KEY ${name}'`,
        );
      if (!this.#anySigned(bytes, Buffer.from(Buffer.from(signature).toString("latin1").trim(), "base64")))
        throw new UntrustedFileError(
          `the signature of ${name} is by none of the trusted keys (${[...this.#keys.keys()].join(", ")}), or the file was changed after it was signed`,
        );
    }
  }

  #anySigned(bytes: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== SIGNATURE_BYTES) return false;
    for (const key of this.#keys.values()) if (verify(null, bytes, key, signature)) return true;
    return false;
  }
}

function readKey(file: string): KeyObject {
  let key: KeyObject;
  try {
    const text = readFileSync(file, "utf8");
    if (text.includes("PRIVATE KEY")) throw new Error("it is a private key, which has no business here");
    key = createPublicKey(text);
  } catch (error) {
    throw new Error(`cannot use ${file} as a public key: ${(error as Error).message}`, { cause: error });
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw new Error(`${file} is a key of type ${key.asymmetricKeyType ?? "unknown"}; only ed25519 is accepted`);
  return key;
}
