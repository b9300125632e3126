export { Ring } from "./ring.ts";
export type { RecordVisitor } from "./ring.ts";
