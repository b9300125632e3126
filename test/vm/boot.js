// One start of QEMU: output and errors by a serial line each, the status by the console.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";

// Software emulation is what there is everywhere. A plain "max" CPU makes 6.18 fault; with
// tsc=reliable, guest clocks race when the machine is busy.
const cpu = "max,la57=off,pks=off,pku=off";
const kernelArguments = [
  "console=ttyS0",
  "quiet",
  "root=/dev/nvme0n1",
  "rootfstype=ext4",
  "rw",
  "init=/init",
  "panic=-1",
  "mitigations=off",
  "tsc=unstable",
  "lsm=landlock,lockdown,yama,integrity,apparmor,bpf",
];

/**
 * @typedef {object} BootResult
 * @property {number | undefined} status the job's exit status; undefined if the guest never said one
 * @property {boolean} userspace whether the job was reached
 * @property {boolean} timedOut
 * @property {string} console all of the kernel's console
 */

/**
 * Starts the kernel on the image and waits until the guest powers off, dies, or takes too long.
 * @param {object} machine
 * @param {import("./kernels.js").Kernel} machine.kernel
 * @param {string} machine.image path of the disk
 * @param {string} machine.directory scratch directory, for sockets
 * @param {number} machine.timeout seconds
 * @param {number} [machine.cpus]
 * @param {number} [machine.memory] MB
 * @param {(chunk: Buffer) => void} machine.onStdout
 * @param {(chunk: Buffer) => void} machine.onStderr
 * @returns {Promise<BootResult>}
 */
export async function boot(machine) {
  let consoleText = "";
  const lines = {
    console: await listen(
      path.join(machine.directory, "console"),
      (chunk) => (consoleText += chunk.toString("latin1")),
    ),
    stdout: await listen(path.join(machine.directory, "stdout"), machine.onStdout),
    stderr: await listen(path.join(machine.directory, "stderr"), machine.onStderr),
  };
  const qemu = spawn(
    "qemu-system-x86_64",
    [
      ...["-M", "q35", "-accel", "tcg,thread=multi", "-cpu", cpu],
      ...["-smp", String(machine.cpus ?? 2), "-m", String(machine.memory ?? 1024)],
      ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
      ...["-kernel", machine.kernel.image, "-append", kernelArguments.join(" ")],
      ...["-drive", `file=${machine.image},if=none,id=disk,format=raw,cache=unsafe`],
      ...["-device", "nvme,drive=disk,serial=root"],
      ...Object.values(lines).flatMap((line) => ["-serial", `unix:${line.path}`]),
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let complaint = "";
  qemu.stderr.on("data", (chunk) => (complaint += chunk));
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    qemu.kill("SIGKILL");
  }, machine.timeout * 1000);
  const stop = () => qemu.kill("SIGKILL");
  process.once("exit", stop);
  try {
    await new Promise((resolve, reject) => {
      qemu.once("close", resolve);
      qemu.once("error", reject);
    });
    await Promise.all(Object.values(lines).map((line) => line.ended));
  } finally {
    clearTimeout(timer);
    process.off("exit", stop);
    for (const line of Object.values(lines)) line.close();
  }
  const status = /@@exit (\d+)/.exec(consoleText);
  return {
    status: status === null ? undefined : Number(status[1]),
    userspace: consoleText.includes("@@userspace"),
    timedOut,
    console: consoleText + complaint,
  };
}

/**
 * A Unix socket that QEMU connects one serial port to.
 * @param {string} socketPath
 * @param {(chunk: Buffer) => void} onData
 */
async function listen(socketPath, onData) {
  /** @type {() => void} */
  let finish = () => {};
  /** @type {Promise<void>} */
  const closed = new Promise((resolve) => (finish = resolve));
  let connected = false;
  const server = createServer((socket) => {
    connected = true;
    socket.on("data", onData).on("error", finish).on("close", finish);
  });
  await new Promise((resolve) => server.listen(socketPath, () => resolve(undefined)));
  return {
    path: socketPath,
    /** Resolves when QEMU has hung up and everything it wrote has been read. */
    get ended() {
      return connected ? closed : Promise.resolve();
    },
    close: () => server.close(),
  };
}
