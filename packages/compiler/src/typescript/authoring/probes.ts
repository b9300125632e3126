/** Functions that attach a handler to a hook of the kernel's. */
import type { PerfEventName } from "@sonde/bpf/spec";
import type { Registry } from "../prepare/registry.ts";
import { Call, type Place, placesOf } from "./arguments.ts";
import { type Declarations, ParamDeclaration, type ProbeDeclaration } from "./declarations.ts";

type Parts = Omit<ProbeDeclaration, "handler" | "site" | "verdict" | "user"> &
  Partial<Pick<ProbeDeclaration, "verdict" | "user">>;

export function probeFunctions(registry: Registry, declarations: Declarations): Readonly<Record<string, unknown>> {
  const add = (call: Call, handler: unknown, parts: Parts): void => {
    if (typeof handler !== "function") call.fail("its last argument is the handler, a function");
    declarations.probes.push({ verdict: 0, user: false, ...parts, handler, site: call.site });
  };

  const tracepoint = (point: unknown, handler: unknown): void => {
    const call = new Call("tracepoint", registry);
    const text = call.text(point, "the tracepoint");
    const [category = "", event = "", more] = text.split(":");
    if (category === "" || event === "" || more !== undefined)
      call.fail(`"${text}" is not a tracepoint`, 'write "CATEGORY:EVENT", as in "sched:sched_switch"');
    add(call, handler, {
      title: `tracepoint:${category}:${event}`,
      programType: "tracepoint",
      attach: [{ kind: "tracepoint", category, name: event }],
      argument: { kind: "record", category, event },
    });
  };

  const rawTracepoint = (typed: boolean) => (point: unknown, handler: unknown) => {
    const call = new Call(typed ? "btfTracepoint" : "rawTracepoint", registry);
    const name = plainName(call, point, "the tracepoint");
    add(call, handler, {
      title: `rawtracepoint:${name}`,
      programType: typed ? "tracing" : "raw_tracepoint",
      attach: [{ kind: typed ? "btfTracepoint" : "rawTracepoint", name }],
      argument: typed ? { kind: "btfTracepoint", event: name } : { kind: "rawTracepoint" },
    });
  };

  const tracing = (name: string, onReturn: boolean) => (fn: unknown, handler: unknown) => {
    const call = new Call(name, registry);
    const symbol = plainName(call, fn, "the function");
    add(call, handler, {
      title: `${name}:${symbol}`,
      programType: "tracing",
      attach: [{ kind: "fentry", function: symbol, onReturn }],
      argument: { kind: "function", function: symbol, onReturn },
    });
  };

  const kprobe = (name: string, onReturn: boolean) => (fn: unknown, handler: unknown) => {
    const call = new Call(name, registry);
    const { text: symbol, title, param } = functionName(call, fn);
    add(call, handler, {
      title: `${name}:${title}`,
      programType: "kprobe",
      attach: [{ kind: "kprobe", symbol, onReturn }],
      // Of a function that is not known yet, nobody can say which arguments it has.
      argument: { kind: "registers", function: param === undefined ? symbol : undefined, onReturn },
      ...placesOf({ symbol: { text: symbol, title, param } }),
    });
  };

  const uprobe = (name: string, onReturn: boolean) => (path: unknown, symbol: unknown, handler: unknown) => {
    const call = new Call(name, registry);
    const binary = call.place(path, "the program or library");
    const fn = call.place(symbol, "the function");
    add(call, handler, {
      title: `${name}:${binary.title}:${fn.title}`,
      programType: "kprobe",
      attach: [{ kind: "uprobe", path: binary.text, symbol: fn.text, onReturn }],
      ...placesOf({ path: binary, symbol: fn }),
      argument: { kind: "registers", function: undefined, onReturn },
      user: true,
    });
  };

  const usdt = (path: unknown, provider: unknown, point: unknown, handler: unknown): void => {
    const call = new Call("usdt", registry);
    const binary = call.place(path, "the program or library");
    const owner = call.place(provider, "the provider");
    const name = call.place(point, "the probe point");
    add(call, handler, {
      title: `usdt:${binary.title}:${owner.title}:${name.title}`,
      programType: "kprobe",
      attach: [{ kind: "usdt", path: binary.text, provider: owner.text, name: name.text }],
      ...placesOf({ path: binary, provider: owner, name }),
      argument: { kind: "usdt" },
      user: true,
    });
  };

  const iterator = (target: unknown, handler: unknown): void => {
    const call = new Call("iterator", registry);
    const name = plainName(call, target, "the kind of objects");
    add(call, handler, {
      title: `iter:${name}`,
      programType: "tracing",
      attach: [{ kind: "iter", name }],
      argument: { kind: "iterator", target: name },
    });
  };

  const timer = (name: string, cpus: "one" | "all") => (every: unknown, handler: unknown) => {
    const call = new Call(name, registry);
    const { hz, milliseconds, seconds } = call.options(every, ["hz", "milliseconds", "seconds"]);
    const given = Object.keys(every as object);
    if (given.length !== 1) call.fail("say how often", "{ hz: 99 }, { milliseconds: 100 } or { seconds: 1 }");
    const period =
      hz !== undefined
        ? Math.floor(1e9 / call.integer(hz, "hz", 1, 100_000))
        : milliseconds !== undefined
          ? call.integer(milliseconds, "milliseconds", 1, 3_600_000) * 1e6
          : call.integer(seconds, "seconds", 1, 3600) * 1e9;
    add(call, handler, {
      title: `${name}:${given[0]}:${String((every as Record<string, unknown>)[given[0]!])}`,
      programType: "perf_event",
      attach: [{ kind: "perfEvent", event: "cpu-clock", period, cpus }],
      argument: { kind: "none" },
    });
  };

  const perfEvent = (event: unknown, options: unknown, handler: unknown): void => {
    const call = new Call("perfEvent", registry);
    const name = call.text(event, "the event") as PerfEventName;
    const { period, frequency } = call.options(options, ["period", "frequency"]);
    if ((period === undefined) === (frequency === undefined))
      call.fail("say how often", "{ period: 1000 } or { frequency: 99 }");
    add(call, handler, {
      title: `perfEvent:${name}`,
      programType: "perf_event",
      attach: [
        {
          kind: "perfEvent",
          event: name,
          ...(period === undefined ? {} : { period: call.integer(period, "period", 1, 1e12) }),
          ...(frequency === undefined ? {} : { frequency: call.integer(frequency, "frequency", 1, 100_000) }),
          cpus: "all",
        },
      ],
      argument: { kind: "none" },
    });
  };

  return {
    tracepoint,
    rawTracepoint: rawTracepoint(false),
    btfTracepoint: rawTracepoint(true),
    fentry: tracing("fentry", false),
    fexit: tracing("fexit", true),
    kprobe: kprobe("kprobe", false),
    kretprobe: kprobe("kretprobe", true),
    uprobe: uprobe("uprobe", false),
    uretprobe: uprobe("uretprobe", true),
    usdt,
    iterator,
    profile: timer("profile", "all"),
    interval: timer("interval", "one"),
    perfEvent,
  };
}

function plainName(call: Call, value: unknown, what: string): string {
  if (value instanceof ParamDeclaration)
    call.fail(
      `${what} must be known when the monitor is built, since its arguments are`,
      "kprobe and kretprobe take a parameter, and so do uprobe, usdt, xdp, tc and cgroup",
    );
  const name = call.text(value, what);
  if (!PLAIN.test(name)) call.fail(`"${name}" is not the name of ${what.replace("the", "a")}`);
  return name;
}

function functionName(call: Call, value: unknown): Place {
  const place = call.place(value, "the function");
  if (!PLAIN.test(place.text)) call.fail(`"${place.text}" is not the name of a function`);
  return place;
}

const PLAIN = /^[A-Za-z_][A-Za-z0-9_.]*$/;
