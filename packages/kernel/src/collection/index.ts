export { Collection } from "./collection.ts";
export type { LoadReport } from "./collection.ts";
export { loadCollection, loadCollectionAsync } from "./load.ts";
export type { LoadOptions } from "./load.ts";
