// One script four ways: with all passes and with none, on the kernel by a test run and in the VM. What
// it leaves in its maps must be the same.
import { compileScript, render } from "@sonde/compiler";
import { Vm } from "@sonde/bpf/vm";
import { loadCollection } from "@sonde/kernel/collection";
import { VerifierError } from "@sonde/kernel/programs";
import { openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { Random } from "../../vm-agreement/random.js";
import { INPUTS, randomScript } from "./generate.js";

/** @typedef {import("@sonde/bpf/spec").ObjectSpec} ObjectSpec */
/**
 * @typedef {object} Verdict
 * @property {"same" | "refused" | "complex" | "different"} kind "refused" by the checker; "complex": more than the
 *   verifier is ready to walk through, which no compiler can tell beforehand
 * @property {string} script
 * @property {string} problem
 */

const kernel = openKernel();
const target = runningTarget();
const first = new Uint8Array(4);

/** Script number `seed`, and how its four runs agree. @param {number} seed @returns {Verdict} */
export function tryScript(seed) {
  const random = new Random(seed);
  const script = randomScript(random);
  const inputs = Array.from({ length: INPUTS }, () => random.word());
  return agree(script, inputs);
}

/** @param {string} script @param {readonly bigint[]} inputs @returns {Verdict} */
export function agree(script, inputs) {
  const source = { name: "-e", text: script };
  /** @type {Record<string, string>} */
  const left = {};
  for (const [name, options] of Object.entries({ optimised: {}, plain: { passes: [] } })) {
    const { spec, diagnostics } = compileScript(source, target, options);
    if (spec === undefined) {
      const problem = diagnostics.map((diagnostic) => render(diagnostic, source, { color: false })).join("\n");
      return { kind: "refused", script, problem };
    }
    try {
      left[`${name}, kernel`] = onKernel(spec, inputs);
      left[`${name}, VM`] = inVm(spec, inputs);
    } catch (error) {
      if (error instanceof VerifierError && /BPF program is too large. Processed/.test(error.log))
        return { kind: "complex", script, problem: error.message };
      const log = error instanceof VerifierError ? `\n${error.log.slice(-3000)}` : "";
      return {
        kind: "different",
        script,
        problem: `${name}: ${error instanceof Error ? error.stack : String(error)}${log}`,
      };
    }
  }
  const [want] = Object.values(left);
  const odd = Object.entries(left).filter(([, text]) => text !== want);
  if (odd.length === 0) return { kind: "same", script, problem: "" };
  const shown = Object.entries(left).map(([name, text]) => `--- ${name}\n${text}`);
  return { kind: "different", script, problem: `inputs ${inputs.join(", ")}\n${shown.join("\n")}` };
}

/** @param {ObjectSpec} spec @param {readonly bigint[]} inputs */
function onKernel(spec, inputs) {
  const collection = loadCollection(kernel, spec, { vmlinux: () => target.btf });
  try {
    for (const [number, value] of inputs.entries()) {
      if (hasInput(spec, number)) collection.map(`AT_in${number}`).update(first, inputValue(spec, number, value));
    }
    collection.program("BEGIN").testRun({ context: new Uint8Array(8) });
    return contents(spec, (name) => {
      const map = collection.map(name);
      const { keySize, entrySize } = map.layout;
      /** @type {[Uint8Array, Uint8Array][]} */
      const entries = [];
      map.forEach((keys, key, values, value) => {
        entries.push([piece(keys, key, keySize), piece(values, value, entrySize)]);
      });
      return entries;
    });
  } finally {
    collection.close();
  }
}

/** @param {ObjectSpec} spec @param {readonly bigint[]} inputs */
function inVm(spec, inputs) {
  const vm = new Vm(spec);
  for (const [number, value] of inputs.entries()) {
    if (hasInput(spec, number)) vm.map(`AT_in${number}`).set(first, inputValue(spec, number, value));
  }
  vm.run("BEGIN", { context: new Uint8Array(8) });
  return contents(spec, (name) =>
    vm
      .map(name)
      .keys()
      .map((key) => [key, /** @type {Uint8Array} */ (vm.map(name).get(key))]),
  );
}

/** @param {ObjectSpec} spec @param {number} number */
function hasInput(spec, number) {
  return spec.maps.some(({ name }) => name === `AT_in${number}`);
}

/** A value that is set. @param {ObjectSpec} spec @param {number} number @param {bigint} value */
function inputValue(spec, number, value) {
  const bytes = new Uint8Array(spec.maps.find(({ name }) => name === `AT_in${number}`)?.valueSize ?? 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, value, true);
  view.setBigUint64(8, 1n, true);
  return bytes;
}

/**
 * Every map of the script as text. Of values for each CPU that one counts which is not zero: programs
 * run on one.
 * @param {ObjectSpec} spec
 * @param {(map: string) => (readonly [Uint8Array, Uint8Array])[]} read
 */
function contents(spec, read) {
  const lines = [];
  for (const { map } of spec.manifest.maps) {
    const size = /** @type {{ valueSize: number }} */ (spec.maps.find(({ name }) => name === map)).valueSize;
    const entries = read(map).map(([key, value]) => `  ${hex(key)} = ${hex(touched(value, size))}`);
    lines.push(`${map}\n${entries.sort().join("\n")}`);
  }
  return lines.join("\n");
}

/** @param {Uint8Array} values @param {number} size */
function touched(values, size) {
  for (let at = size; at + size <= values.length; at += size) {
    const value = values.subarray(at, at + size);
    if (value.some((byte) => byte !== 0)) return value;
  }
  return values.subarray(0, size);
}

/** A copy. @param {DataView} view @param {number} from @param {number} size */
function piece(view, from, size) {
  return new Uint8Array(view.buffer, view.byteOffset + from, size).slice();
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Buffer.from(bytes).toString("hex");
}
