/**
 * The kernel's side of Sonde: system calls, and the maps, programs, links and rings made of them. Import
 * the parts by their own names (`@sonde/kernel/maps`) where start-up time matters.
 */
export * from "./collection/index.ts";
export * from "./features/index.ts";
export * from "./links/index.ts";
export * from "./maps/index.ts";
export * from "./objects/index.ts";
export * from "./programs/index.ts";
export * from "./rings/index.ts";
export * from "./symbols/index.ts";
export * from "./sys/index.ts";
export * from "./target/index.ts";
export * from "./tracefs/index.ts";
