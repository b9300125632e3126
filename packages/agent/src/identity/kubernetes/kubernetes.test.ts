import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerOptions } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { certificates } from "../../testing/certificates.ts";
import { FakeApiServer, type FakePod } from "./testing/fake-api-server.ts";
import { followApiServer } from "./api-server.ts";
import { followKubelet } from "./kubelet.ts";
import { podOf } from "./pod.ts";
import { PodStore } from "./pod-store.ts";
import type { Endpoint } from "./request.ts";

const pod = (uid: string, more: Partial<FakePod> = {}): FakePod => ({
  uid,
  name: `web-${uid}`,
  namespace: "shop",
  node: "n1",
  labels: { app: "web" },
  ...more,
});

async function started(
  context: TestContext,
  tls?: ServerOptions,
): Promise<{
  server: FakeApiServer;
  endpoint: Endpoint;
  store: PodStore;
  signal: AbortSignal;
  errors: string[];
  tokenFile: string;
}> {
  const server = new FakeApiServer(tls);
  const url = await server.start();
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-kubernetes-"));
  const tokenFile = path.join(folder, "token");
  writeFileSync(tokenFile, `${server.token}\n`);
  const abort = new AbortController();
  context.after(async () => {
    abort.abort();
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  return { server, endpoint: { url, tokenFile }, store: new PodStore(), signal: abort.signal, errors: [], tokenFile };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (holds()) return;
    await sleep(10);
  }
  assert.fail(`not within 5 s: ${what}`);
}

const retry = { first: 5, most: 20 };

test("this node's pods are listed page by page, then watched", async (context) => {
  const { server, endpoint, store, signal, errors } = await started(context);
  for (let i = 0; i < 5; i++) server.put(pod(`u${i}`));
  server.put(pod("elsewhere", { node: "n2" }));
  const changed: string[] = [];
  store.onChange((uid) => changed.push(uid));
  void followApiServer({ endpoint, node: "n1", store, onError: (e) => errors.push(e.message), retry }, signal);
  await until("a watch", () => server.watches === 1);
  assert.equal(store.size, 5);
  assert.deepEqual(store.get("u0"), {
    uid: "u0",
    name: "web-u0",
    namespace: "shop",
    node: "n1",
    labels: { app: "web" },
  });

  server.put(pod("u9"));
  server.put(pod("other", { node: "n2" }));
  await until("the new pod", () => store.get("u9") !== undefined);
  server.put(pod("u9", { labels: { app: "api" } }));
  await until("its new label", () => store.get("u9")?.labels["app"] === "api");
  server.delete("u9");
  await until("its end", () => ![...store.all()].some(({ uid }) => uid === "u9"));
  assert.equal(store.get("u9")?.name, "web-u9", "it is remembered");
  assert.equal(store.get("other"), undefined);
  assert.deepEqual(changed, ["u0", "u1", "u2", "u3", "u4", "u9", "u9"]);
  assert.deepEqual(errors, []);
});

test("a watch that ends is taken up where it was; one that is too old begins with a list", async (context) => {
  const { server, endpoint, store, signal, errors } = await started(context);
  server.put(pod("u1"));
  void followApiServer({ endpoint, node: "n1", store, onError: (e) => errors.push(e.message), retry }, signal);
  await until("a watch", () => server.watches === 1);
  server.bookmark();
  await sleep(50);
  const lists = (): number => server.requests.filter((url) => !url.includes("watch=1")).length;
  const before = lists();
  server.endWatches();
  await until("the next watch", () => server.watches === 1);
  assert.equal(lists(), before, "no list was needed");
  assert.match(server.requests.at(-1)!, /resourceVersion=1002/);

  server.oldest = 5000;
  server.endWatches();
  await until("a new list", () => lists() > before);
  server.oldest = 0;
  await until("the watch after it", () => server.watches === 1);
  assert.deepEqual(errors, []);
});

test("the token is read anew; a refusal is told and tried again", async (context) => {
  const { server, endpoint, store, signal, errors, tokenFile } = await started(context);
  server.put(pod("u1"));
  writeFileSync(tokenFile, "expired");
  void followApiServer({ endpoint, node: "n1", store, onError: (e) => errors.push(e.message), retry }, signal);
  await until("a refusal", () => errors.length >= 2);
  assert.match(errors[0]!, /GET http:.*api\/v1\/pods.* answered 401: .*Unauthorized/);
  writeFileSync(tokenFile, server.token);
  await until("the pod", () => store.get("u1") !== undefined);
});

test("over TLS: the server's certificate is checked, and the agent shows its own", async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-kubernetes-tls-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const files = certificates(folder);
  const [key, cert, ca] = [files.serverKey, files.server, files.authority].map((file) => readFileSync(file));
  const tls = { key: key!, cert: cert!, ca: ca!, requestCert: true, rejectUnauthorized: false };
  const { server, endpoint, signal } = await started(context, tls);
  server.put(pod("u1"));
  const asked = async (more: Partial<Endpoint>): Promise<string> => {
    const store = new PodStore();
    let failure: string | undefined;
    const abort = new AbortController();
    const either = AbortSignal.any([signal, abort.signal]);
    const onError = (error: Error): void => void (failure ??= error.message);
    void followApiServer({ endpoint: { url: endpoint.url, ...more }, node: "n1", store, onError, retry }, either);
    await until("an answer", () => failure !== undefined || store.get("u1") !== undefined);
    abort.abort();
    return failure ?? "pods";
  };
  const { tokenFile } = endpoint;
  const token = tokenFile === undefined ? {} : { tokenFile };
  const caFile = files.authority;
  assert.equal(await asked({ ...token, caFile }), "pods");
  assert.match(await asked(token), /self-signed certificate|unable to verify|unable to get/);
  assert.match(
    await asked({ ...token, caFile: files.otherAuthority }),
    /self-signed certificate|unable to verify|unable to get/,
  );
  assert.equal(await asked({ ...token, insecure: true }), "pods");
  assert.match(await asked({ caFile }), /answered 401/);
  assert.equal(await asked({ caFile, certFile: files.client, keyFile: files.clientKey }), "pods");
  assert.match(await asked({ caFile, certFile: files.stranger, keyFile: files.strangerKey }), /answered 401/);
  assert.match(await asked({ caFile, certFile: path.join(folder, "none"), keyFile: files.clientKey }), /ENOENT.*none/);
});

test("a kubelet is asked again and again", async (context) => {
  const { server, endpoint, store, signal, errors } = await started(context);
  server.put(pod("u1"));
  void followKubelet({ endpoint, store, onError: (e) => errors.push(e.message), interval: 10 }, signal);
  await until("the pod", () => store.get("u1") !== undefined);
  server.put(pod("u2"));
  await until("the next pod", () => store.get("u2") !== undefined);
  server.delete("u1");
  await until("the end of the first", () => [...store.all()].length === 1);
  assert.deepEqual(errors, []);
});

test("a pod from a file goes by the uid that the kubelet gave it", () => {
  const annotations = { "kubernetes.io/config.hash": "9d1f", "kubernetes.io/config.mirror": "9d1f" };
  assert.equal(podOf({ metadata: { name: "etcd", uid: "api-uid", annotations }, spec: {} })?.uid, "9d1f");
  assert.equal(podOf({ metadata: {} }), undefined);
  assert.equal(podOf(null), undefined);
});
