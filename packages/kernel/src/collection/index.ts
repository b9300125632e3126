export { Collection } from "./collection.ts";
export type { LoadReport, PoisonedAccess, ProgramOutcome } from "./collection.ts";
export { openObject, ObjectEditor } from "./editor.ts";
export type { MapEditor, ProgramEditor } from "./editor.ts";
export { loadCollection, loadCollectionAsync } from "./load.ts";
export type { LoadOptions } from "./options.ts";
export { differencesFrom } from "./reused-map.ts";
