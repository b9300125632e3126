/** `structOps`: a struct of functions that the kernel asks, such as a congestion control of TCP. */
import type { Registry } from "../prepare/registry.ts";
import { Call } from "./arguments.ts";
import { StructOpsDeclaration, type Declarations } from "./declarations.ts";

export function structOpsFunction(registry: Registry, declarations: Declarations) {
  return (struct: unknown, members: unknown): void => {
    const call = new Call("structOps", registry);
    const type = call.text(struct, "the struct");
    if (typeof members !== "object" || members === null)
      return call.fail("its members are an object", 'structOps("tcp_congestion_ops", { name: "mine", ... })');
    const given = Object.entries(members as Readonly<Record<string, unknown>>);
    const named = (members as { name?: unknown }).name;
    const wanted = typeof named === "string" && /^\w+$/.test(named) ? named : type;
    const name = declarations.uniqueName(wanted);
    const functions = given.filter(([, value]) => typeof value === "function");
    if (functions.length === 0)
      return call.fail("it has no functions", "each function is a member: ssthresh: (sk) => 10");
    const declaration = new StructOpsDeclaration(name, type, Object.fromEntries(given), call.site);
    declarations.structOps.push(declaration);
    for (const [member, handler] of functions)
      declarations.probes.push({
        title: declaration.titleOf(member),
        programType: "struct_ops",
        attach: [],
        argument: { kind: "structOps", struct: type, member },
        handler,
        site: call.site,
        verdict: 0,
        verdicts: "any",
        section: `struct_ops/${name}_${member}`,
        user: false,
      });
  };
}
