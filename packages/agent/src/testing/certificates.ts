/** For tests: certificates made by openssl. */
import { execFileSync } from "node:child_process";
import path from "node:path";

/** Paths of PEM files. */
export interface Certificates {
  readonly authority: string;
  readonly server: string;
  readonly serverKey: string;
  readonly client: string;
  readonly clientKey: string;
  /** Signed by an authority that nobody trusts. */
  readonly stranger: string;
  readonly strangerKey: string;
  readonly otherAuthority: string;
}

/** An authority with certificates for a server at 127.0.0.1 and for a client, and a client of another authority. */
export function certificates(folder: string): Certificates {
  const at = (name: string): string => path.join(folder, name);
  const openssl = (...words: readonly string[]): unknown => execFileSync("openssl", words, { stdio: "pipe" });
  const newKey = (name: string): readonly string[] => [
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-keyout", at(`${name}.key`), "-subj", `/CN=${name}`],
  ];
  for (const name of ["authority", "other"])
    openssl("req", "-x509", ...newKey(name), "-out", at(`${name}.pem`), "-days", "2");
  const signers = { server: "authority", client: "authority", stranger: "other" };
  for (const [name, by] of Object.entries(signers)) {
    const request = at(`${name}.csr`);
    openssl("req", ...newKey(name), "-out", request, "-addext", "subjectAltName=IP:127.0.0.1");
    const signer = ["-CA", at(`${by}.pem`), "-CAkey", at(`${by}.key`), "-CAcreateserial"];
    const rest = ["-days", "2", "-copy_extensions", "copy", "-out", at(`${name}.pem`)];
    openssl("x509", "-req", "-in", request, ...signer, ...rest);
  }
  return {
    authority: at("authority.pem"),
    server: at("server.pem"),
    serverKey: at("server.key"),
    client: at("client.pem"),
    clientKey: at("client.key"),
    stranger: at("stranger.pem"),
    strangerKey: at("stranger.key"),
    otherAuthority: at("other.pem"),
  };
}
