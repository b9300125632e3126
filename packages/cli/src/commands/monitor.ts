/** `sonde monitor`: the monitors of an agent that runs, here or elsewhere. */
import { type ParsedArguments, UsageError } from "../command.ts";
import { print, say } from "../output/say.ts";
import { AgentClient } from "./monitor/client.ts";
import { logLines, monitorDetail, monitorTable } from "./monitor/format.ts";
import type { MonitorStatus } from "./monitor/model.ts";
import { monitorFile } from "./monitor/upload.ts";

interface Verb {
  /** What follows the verb, as help shows it; also how many words it takes. */
  readonly takes: readonly string[];
  readonly optional?: string;
  readonly run: (call: VerbCall) => Promise<Outcome>;
}

interface VerbCall {
  readonly agent: AgentClient;
  readonly words: readonly string[];
  readonly json: boolean;
}

/** What is printed, and whether what was asked for came about. */
interface Outcome {
  readonly text: string;
  readonly done: boolean;
}

const VERBS: Readonly<Record<string, Verb>> = {
  ls: {
    takes: [],
    run: async ({ agent, json }) => {
      const monitors = await agent.list();
      return { text: json ? jsonText({ monitors }) : monitorTable(monitors), done: true };
    },
  },
  show: {
    takes: ["NAME"],
    run: async ({ agent, words: [name = ""], json }) => shown(await agent.show(name), json, true),
  },
  enable: { takes: ["NAME"], run: changing((agent, name) => agent.change(name, "enable")) },
  disable: { takes: ["NAME"], run: changing((agent, name) => agent.change(name, "disable")) },
  upgrade: {
    takes: ["NAME"],
    optional: "FILE",
    run: changing(async (agent, name, file) =>
      file === undefined ? await agent.change(name, "upgrade") : await agent.upgrade(name, await monitorFile(file)),
    ),
  },
  rollback: { takes: ["NAME"], run: changing((agent, name) => agent.change(name, "rollback")) },
  set: { takes: ["NAME", "PARAM=VALUE"], run: changing((agent, name, setting) => set(agent, name, setting ?? "")) },
  rm: {
    takes: ["NAME"],
    run: async ({ agent, words: [name = ""] }) => {
      await agent.remove(name);
      return { text: `${name} is gone\n`, done: true };
    },
  },
  logs: {
    takes: ["NAME"],
    run: async ({ agent, words: [name = ""], json }) => {
      const entries = await agent.logs(name);
      return { text: json ? jsonText({ entries }) : logLines(entries), done: true };
    },
  },
};

export async function run(args: ParsedArguments): Promise<number> {
  const [name, ...words] = args.words;
  const verbs = Object.keys(VERBS).join(", ");
  if (name === undefined) throw new UsageError(`say what to do: ${verbs}`);
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) throw new UsageError(`there is no 'sonde monitor ${name}'; there are ${verbs}`);
  const most = verb.takes.length + (verb.optional === undefined ? 0 : 1);
  if (words.length < verb.takes.length || words.length > most) {
    const form = [...verb.takes, ...(verb.optional === undefined ? [] : [`[${verb.optional}]`])].join(" ");
    throw new UsageError(`it is 'sonde monitor ${name}${form === "" ? "" : ` ${form}`}'`);
  }
  const agent = new AgentClient(args.value("agent") ?? "http://127.0.0.1:9435", args.value("token-file"));
  const { text, done } = await verb.run({ agent, words, json: args.value("output") === "json" });
  print(text);
  return done ? 0 : 1;
}

type Change = (agent: AgentClient, name: string, argument: string | undefined) => Promise<Changed>;

/** A monitor after a change, and whether the change came about. */
export interface Changed {
  readonly status: MonitorStatus;
  readonly done: boolean;
}

/** Prints the monitor as it is then; a refusal's reason goes to standard error. */
function changing(change: Change): Verb["run"] {
  return async ({ agent, words: [name = "", argument], json }) => {
    const { status, done } = await change(agent, name, argument);
    if (!done) say(`sonde monitor: ${name} is ${status.state}: ${status.reason ?? "the agent does not say why"}\n`);
    return { ...shown(status, json, false), done };
  };
}

function shown(status: MonitorStatus, json: boolean, whole: boolean): Outcome {
  if (json) return { text: jsonText(status), done: true };
  return { text: whole ? monitorDetail(status) : monitorTable([status]), done: true };
}

async function set(agent: AgentClient, name: string, setting: string): Promise<Changed> {
  const equals = setting.indexOf("=");
  if (equals <= 0) throw new UsageError(`a parameter is set by PARAM=VALUE, not by '${setting}'`);
  return { status: await agent.setParam(name, setting.slice(0, equals), setting.slice(equals + 1)), done: true };
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
