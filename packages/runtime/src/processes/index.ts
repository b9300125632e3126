/** Processes that a session follows: a command of its own, or one that runs already. */
export { startChild } from "./child.ts";
export type { Child, ChildExit, ChildOptions } from "./child.ts";
export { watchProcess } from "./watched.ts";
export type { WatchedProcess } from "./watched.ts";
export { splitWords } from "./words.ts";
