// The few calls of Kubernetes's Container Runtime Interface (runtime.v1, gRPC over a socket) that start a pod.
import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";

/** Field numbers of the messages, from the published runtime.v1 definitions. */
const FIELDS = {
  sandbox: { metadata: 1, hostname: 2, logDirectory: 3, labels: 6, annotations: 7, linux: 8 },
  sandboxMetadata: { name: 1, uid: 2, namespace: 3, attempt: 4 },
  linux: { cgroupParent: 1, securityContext: 2 },
  container: { metadata: 1, image: 2, command: 3 },
};
/** NamespaceMode NODE: the machine's own network, so that none needs to be set up. */
const NODE = 2;

export class CriClient {
  #session;

  /** @param {string} socket */
  constructor(socket) {
    this.#session = connect("http://localhost", { createConnection: () => connectSocket(socket) });
    this.#session.on("error", () => {});
  }

  /** Starts a pod and answers its sandbox's id. @param {{ name: string, namespace: string, uid: string, cgroupParent: string }} pod */
  async runPodSandbox(pod) {
    const answer = await this.#call("RunPodSandbox", message(1, sandboxConfig(pod)));
    return firstText(answer);
  }

  /** Starts a container in it and answers its id. @param {string} sandbox @param {Parameters<CriClient["runPodSandbox"]>[0]} pod @param {{ name: string, image: string, command: readonly string[] }} container */
  async runContainer(sandbox, pod, { name, image, command }) {
    const { metadata, image: imageField, command: commandField } = FIELDS.container;
    const config = Buffer.concat([
      message(metadata, text(1, name)),
      message(imageField, text(1, image)),
      ...command.map((word) => text(commandField, word)),
    ]);
    const request = Buffer.concat([text(1, sandbox), message(2, config), message(3, sandboxConfig(pod))]);
    const id = firstText(await this.#call("CreateContainer", request));
    await this.#call("StartContainer", text(1, id));
    return id;
  }

  /** @param {string} sandbox */
  async removePodSandbox(sandbox) {
    await this.#call("StopPodSandbox", text(1, sandbox));
    await this.#call("RemovePodSandbox", text(1, sandbox));
  }

  close() {
    this.#session.close();
  }

  /** A gRPC message has a byte that says it is not compressed, and its length. @param {string} method @param {Buffer} body @returns {Promise<Buffer>} */
  #call(method, body) {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(body.length, 1);
    const stream = this.#session.request({
      ":method": "POST",
      ":path": `/runtime.v1.RuntimeService/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    return new Promise((resolve, reject) => {
      /** @type {Buffer[]} */
      const chunks = [];
      /** @type {string | undefined} */
      let failure;
      const look = (/** @type {import("node:http2").IncomingHttpHeaders} */ headers) => {
        if (headers["grpc-status"] !== undefined && headers["grpc-status"] !== "0")
          failure = `${method}: ${decodeURIComponent(String(headers["grpc-message"]))}`;
      };
      stream.on("response", look).on("trailers", look);
      stream.on("data", (chunk) => chunks.push(chunk)).once("error", reject);
      stream.once("close", () => {
        if (failure === undefined) resolve(Buffer.concat(chunks).subarray(5));
        else reject(new Error(failure));
      });
      stream.end(Buffer.concat([head, body]));
    });
  }
}

/** @param {{ name: string, namespace: string, uid: string, cgroupParent: string }} pod */
function sandboxConfig({ name, namespace, uid, cgroupParent }) {
  const { sandbox, sandboxMetadata, linux } = FIELDS;
  const security = message(1, number(1, NODE));
  return Buffer.concat([
    message(
      sandbox.metadata,
      Buffer.concat([
        text(sandboxMetadata.name, name),
        text(sandboxMetadata.uid, uid),
        text(sandboxMetadata.namespace, namespace),
      ]),
    ),
    message(
      sandbox.linux,
      Buffer.concat([text(linux.cgroupParent, cgroupParent), message(linux.securityContext, security)]),
    ),
  ]);
}

/** Of protobuf's wire format: a field of bytes. @param {number} field @param {Buffer} bytes */
function message(field, bytes) {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

/** @param {number} field @param {string} value */
function text(field, value) {
  return message(field, Buffer.from(value));
}

/** @param {number} field @param {number} value */
function number(field, value) {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

/** @param {number} value */
function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** The first field of an answer, which is short. @param {Buffer} answer */
function firstText(answer) {
  return answer.toString("utf8", 2, 2 + /** @type {number} */ (answer[1]));
}
