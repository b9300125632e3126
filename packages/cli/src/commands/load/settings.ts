/** What the command line changes of objects before they are loaded. */
import { type ObjectEditor, openObject } from "@sonde/kernel/collection";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { type ParsedArguments, UsageError } from "../../command.ts";
import { nearest } from "../../nearest.ts";

export interface Settings {
  /** Sizes of maps, in entries (of rings: bytes), by name. */
  readonly maps: ReadonlyMap<string, number>;
  /** Whether programs are loaded, by name. */
  readonly autoload: ReadonlyMap<string, boolean>;
  /** First values of global variables, as they were typed. */
  readonly globals: ReadonlyMap<string, string>;
}

export function readSettings(args: ParsedArguments): Settings {
  const maps = new Map<string, number>();
  for (const [name, text] of assignments(args, "map", "NAME=SIZE")) {
    const size = Number(text);
    if (!Number.isInteger(size) || size < 0 || size > 0xffff_ffff)
      throw new UsageError(`--map ${name}=${text}: a size is a number of entries`);
    maps.set(name, size);
  }
  const autoload = new Map<string, boolean>();
  for (const name of args.values("autoload")) autoload.set(name, true);
  for (const name of args.values("no-autoload")) autoload.set(name, false);
  return { maps, autoload, globals: new Map(assignments(args, "global", "NAME=VALUE")) };
}

function assignments(
  args: ParsedArguments,
  option: string,
  form: string,
): readonly (readonly [name: string, value: string])[] {
  return args.values(option).map((text) => {
    const equals = text.indexOf("=");
    if (equals < 1) throw new UsageError(`--${option} takes ${form}, not '${text}'`);
    return [text.slice(0, equals), text.slice(equals + 1)] as const;
  });
}

/**
 * The objects with their settings; each setting must be of one of them at least.
 * Errors: UsageError for a name that none has, or a value that the variable does not hold.
 */
export function applySettings(specs: readonly ObjectSpec[], settings: Settings): readonly ObjectSpec[] {
  const editors = specs.map((spec) => ({ spec, editor: openObject(spec) }));
  const known = { map: new Set<string>(), program: new Set<string>(), "global variable": new Set<string>() };
  for (const { spec, editor } of editors) {
    for (const { name } of spec.maps) {
      known.map.add(name);
      const size = settings.maps.get(name);
      if (size !== undefined) editor.map(name).maxEntries = size;
    }
    for (const { name } of spec.programs) {
      known.program.add(name);
      const autoload = settings.autoload.get(name);
      if (autoload !== undefined) editor.program(name).autoload = autoload;
    }
    if (settings.globals.size > 0)
      for (const name of setGlobals(spec, editor, settings.globals)) known["global variable"].add(name);
  }
  requireKnown("map", settings.maps.keys(), known.map);
  requireKnown("program", settings.autoload.keys(), known.program);
  requireKnown("global variable", settings.globals.keys(), known["global variable"]);
  return editors.map(({ editor }) => editor.spec());
}

function requireKnown(kind: string, names: Iterable<string>, known: ReadonlySet<string>): void {
  for (const name of names) {
    if (known.has(name)) continue;
    const best = nearest(name, [...known]);
    throw new UsageError(`no object has a ${kind} '${name}'${best === undefined ? "" : `; did you mean '${best}'?`}`);
  }
}

/** Sets those that the object has; answers the names of all that it has. */
function setGlobals(spec: ObjectSpec, editor: ObjectEditor, values: ReadonlyMap<string, string>): readonly string[] {
  const names: string[] = [];
  for (const { name: section } of spec.maps.filter(({ name }) => /^\.(rodata|data|bss)/.test(name))) {
    const globals = globalsOf(editor, section);
    for (const name of Object.keys(globals)) {
      names.push(name);
      const text = values.get(name);
      if (text !== undefined) globals[name] = valueLike(globals[name], text, name);
    }
  }
  return names;
}

/** Sections of string literals have no variables that BTF knows. */
function globalsOf(editor: ObjectEditor, section: string): Record<string, Scalar> {
  try {
    return editor.globals<Record<string, Scalar>>(section, { text: true });
  } catch (error) {
    if (error instanceof TypeError) return {};
    throw error;
  }
}

type Scalar = number | bigint | boolean | string;

/** As the variable is: by what it holds now. */
function valueLike(now: unknown, text: string, name: string): Scalar {
  const wrong = new UsageError(
    `--global ${name}=${text}: the variable holds ${typeof now === "object" ? "a struct or array" : `a ${typeof now}`}`,
  );
  switch (typeof now) {
    case "string":
      return text;
    case "boolean":
      if (!/^(true|false|0|1)$/.test(text)) throw wrong;
      return text === "true" || text === "1";
    case "bigint":
      if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(text)) throw wrong;
      return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
    case "number":
      if (text.trim() === "" || Number.isNaN(Number(text))) throw wrong;
      return Number(text);
    default:
      throw wrong;
  }
}
