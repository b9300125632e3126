/** Places that stay attached while the programs behind them are exchanged, and while nobody is there to exchange them. */
export { type Hook, type HookPresence, removePins, removePinTree } from "./hook.ts";
export { Hooks, type HooksOptions } from "./hooks.ts";
export { type HookPlace, hookPlaces } from "./place.ts";
