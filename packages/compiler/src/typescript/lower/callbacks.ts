/**
 * Functions of a handler's that the kernel calls back: what they use of the handler is carried over.
 *
 * Numbers go by the program's scratch memory: from there the verifier takes them for any value, so that it looks at
 * a turn once or twice, however many there are. Pointers go by the record on the caller's stack, where they keep what
 * the verifier knows of them.
 */
import { refuse } from "../../diagnostics/index.ts";
import type { Inst, ValueType } from "../../ir/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type FunctionNode, type Node } from "../syntax/ast.ts";
import { freeNames } from "../syntax/free.ts";
import { checkFunction } from "./functions.ts";
import { Inner, RECORD_BYTES } from "./inner.ts";
import { expression } from "./expressions.ts";
import { bindPattern } from "./patterns.ts";
import type { Program } from "./program.ts";
import { Scope } from "./scope.ts";
import { statements } from "./statements.ts";
import { UNDEFINED, type Binding, type Value } from "./value.ts";

/** How a function's result is told to the kernel: continue, or end. */
export type Answer = (inner: Program, value: Value, node: Node) => Inst;

export interface Callback {
  readonly fn: FunctionNode;
  /** Where the function was written. */
  readonly scope: Scope;
  /** What the kernel hands over, before the record. */
  readonly params: readonly ValueType[];
  /** The same as the function's own parameters. */
  readonly args: (inner: Program) => readonly Value[];
  readonly answer: Answer;
  /** Calls the helper. */
  readonly call: (func: Inst, record: Inst) => void;
}

export function callBack(p: Program, { fn, scope, params, args, answer, call }: Callback): void {
  checkFunction(fn);
  const { builder } = p;
  const carrier = new Carrier(p, fn);
  const names = [...freeNames(fn)].flatMap((name) => {
    const binding = scope.find(name);
    return binding === undefined ? [] : [carrier.name(name, binding)];
  });
  const own = new Scope(scope.registered);
  const inner = new Inner(p, "callback", `${p.root.name}_turn`, new Scope(own), params);
  for (const { declare } of names) declare(inner, own);
  const finish = (value: Value, node: Node): void => {
    const result = answer(inner, value, node);
    for (const { save } of names) save(inner);
    inner.builder.return(result);
  };
  inner.activations.push({ node: fn, loops: [], leave: finish });
  inner.at(fn, () => {
    const given = args(inner);
    for (const [index, param] of fn.params.entries())
      bindPattern(inner, param, given[index] ?? UNDEFINED, fn.body, "let", param);
    if (fn.body.type !== "BlockStatement") finish(expression(inner, fn.body), fn.body);
    else statements(inner, fn.body.body);
    if (!inner.builder.terminated) finish(UNDEFINED, fn);
  });
  p.root.addFunction(inner.builder.finish());

  const record = builder.slot(RECORD_BYTES + 8 * carrier.pointers.length, "carried");
  inner.fill(p, record);
  carrier.pointers.forEach((pointer, index) => builder.store(record, RECORD_BYTES + 8 * index, 8, pointer));
  for (const { at, inst } of carrier.numbers) builder.store(p.scratch(), at, 8, inst);
  call(builder.functionAddress(inner.name), record);
  for (const { restore } of names) restore();
  inner.leaveIfLeft(p, record);
}

interface Carried {
  /** Declares the name in the function that is called back. */
  readonly declare: (inner: Inner, scope: Scope) => void;
  /** Keeps what the function made of a variable, at its end. */
  readonly save: (inner: Program) => void;
  /** Takes it over behind the call. */
  readonly restore: () => void;
}

class Carrier {
  readonly pointers: Inst[] = [];
  readonly numbers: { readonly at: number; readonly inst: Inst }[] = [];
  readonly #p: Program;
  readonly #node: Node;

  constructor(p: Program, node: Node) {
    this.#p = p;
    this.#node = node;
  }

  name(name: string, binding: Binding): Carried {
    const p = this.#p;
    if (binding.kind !== "variable") {
      const value = this.#value(name, p.known(binding));
      const declare = (inner: Inner, scope: Scope): void =>
        scope.declare(name, {
          kind: "value",
          value: value(inner),
          constant: binding.kind === "value" && binding.constant,
        });
      return { declare, save: () => {}, restore: () => {} };
    }
    const { variable, type } = binding;
    const at = this.#number(p.builder.read(variable));
    let own = variable;
    return {
      declare: (inner, scope) => {
        own = inner.variable(name);
        inner.builder.write(own, inner.builder.load(inner.scratch(), at, 8));
        scope.declare(name, { kind: "variable", variable: own, type });
      },
      save: (inner) => inner.builder.store(inner.scratch(), at, 8, inner.builder.read(own)),
      restore: () => p.builder.write(variable, p.builder.load(p.scratch(), at, 8)),
    };
  }

  #number(inst: Inst): number {
    const at = this.#p.reserveScratch(8, this.#node);
    this.numbers.push({ at, inst });
    return at;
  }

  #register(inst: Inst): (inner: Inner) => Inst {
    if (inst.op === "const") return (inner) => inner.constant(inst.value);
    if (inst.type.kind !== "pointer") {
      const at = this.#number(inst);
      return (inner) => inner.builder.load(inner.scratch(), at, 8);
    }
    const { to } = inst.type;
    const at = RECORD_BYTES + 8 * (this.pointers.push(inst) - 1);
    return (inner) => inner.pointer(at, to);
  }

  #value(name: string, value: Value): (inner: Inner) => Value {
    switch (value.kind) {
      case "constant":
      case "host":
      case "arguments":
        return () => value;
      case "scalar": {
        const inst = this.#register(value.inst);
        return (inner) => ({ ...value, inst: inst(inner) });
      }
      case "memory": {
        const base = this.#register(value.place.base);
        return (inner) => ({ ...value, place: { ...value.place, base: base(inner) } });
      }
      case "object": {
        const fields = [...value.fields].map(
          ([field, each]) => [field, this.#value(`${name}.${field}`, each)] as const,
        );
        return (inner) => ({ kind: "object", fields: new Map(fields.map(([field, each]) => [field, each(inner)])) });
      }
      case "list": {
        const items = value.items.map((each, index) => this.#value(`${name}[${index}]`, each));
        return (inner) => ({ kind: "list", items: items.map((each) => each(inner)) });
      }
      default:
        return refuse(messages.notCarried, spanOf(this.#node), name);
    }
  }
}
