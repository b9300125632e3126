/** Types that refer to nothing: equal ones become one, and an enum without values becomes the one that has them. */
import type { TypeId } from "../btf.ts";
import type { TypeClasses } from "./classes.ts";

export function mergeScalars(classes: TypeClasses): void {
  const known = new Map<number, TypeId>();
  const enums = new Map<string, TypeId>();
  const forwards: { readonly id: TypeId; readonly name: string }[] = [];
  for (let id = 1; id < classes.btf.size; id++) {
    const type = classes.type(id);
    switch (type.kind) {
      case "enum":
      case "enum64":
        // C may declare `enum state;` before it says which values there are.
        if (type.name !== "" && type.values.length === 0) forwards.push(type);
        else if (!enums.has(type.name)) enums.set(type.name, id);
        break;
      case "int":
      case "float":
      case "fwd":
        break;
      default:
        continue;
    }
    const first = known.get(classes.shell(id));
    if (first === undefined) known.set(classes.shell(id), id);
    else if (!classes.isBase(id)) classes.replace(id, first);
  }
  for (const { id, name } of forwards) {
    const whole = enums.get(name);
    if (whole !== undefined && classes.isOwn(id) && !classes.isBase(id)) classes.replace(id, whole);
  }
}
