import type { Command, Option } from "./command.ts";
import { FILTER_OPTIONS } from "./filter-options.ts";
import { RUN_OPTIONS } from "./commands/run/options.ts";

const DUMP_STAGES = [
  "all",
  "ast",
  "ir",
  "asm",
  "object",
  "verifier",
  "parse",
  "types",
  "codegen",
  "codegen-opt",
  "dis",
  "libbpf",
] as const;

/** What matters to bpftrace's compiler or to its ways of finding things, and to none of ours. */
const IGNORED_OPTIONS: readonly Option[] = [
  ...["verify-llvm-ir", "no-feature", "debuginfo", "usdt-file-activation", "dwarf-pid"].map((name) => ({
    name,
    help: "accepted, without effect",
  })),
  ...["emit-llvm", "aot"].map((name) => ({ name, value: "FILE", help: "accepted, without effect: there is no LLVM" })),
];

/** Every command. To add one: an entry here, and a file in commands/ that exports `run`. */
export const COMMANDS: readonly Command[] = [
  {
    name: "trace",
    summary: "Run a script of the bpftrace language",
    usage: ["[OPTIONS] FILE [ARGUMENT...]", "[OPTIONS] -e PROGRAM [ARGUMENT...]"],
    stopAtFirstWord: true,
    options: [
      { name: "execute", short: "e", value: "PROGRAM", help: "the script itself" },
      {
        name: "command",
        short: "c",
        value: "COMMAND",
        help: "run COMMAND once the probes are attached; end when it ends",
      },
      { name: "pass-status", help: "end with COMMAND's exit status" },
      { name: "pid", short: "p", value: "PID", help: "only this process, and end when it ends" },
      ...FILTER_OPTIONS,
      { name: "format", short: "f", value: "FORMAT", choices: ["text", "json"], help: "how to print" },
      { name: "output", short: "o", value: "FILE", help: "print into FILE" },
      {
        name: "buffering",
        short: "B",
        value: "MODE",
        choices: ["line", "full", "none"],
        help: "when output is written: each batch (line, the default), or when much has gathered",
      },
      {
        name: "verbose",
        short: "v",
        help: "say which attachments were chosen, and the verifier's whole log when it refuses",
      },
      { name: "quiet", short: "q", help: "only what the script prints" },
      {
        name: "dump",
        short: "d",
        value: "STAGE",
        choices: [...DUMP_STAGES],
        help: "print what the compiler made, and stop: the tree, the intermediate form after each pass, instructions, the object, the verifier's log",
      },
      { name: "dry-run", help: "compile, load and attach, then end at once" },
      { name: "unsafe", help: "allow functions that change what they watch: system, signal, override, write_user" },
      { name: "helper-errors", short: "k", help: "say where helpers of the kernel fail" },
      { name: "no-warnings", help: "say no warnings" },
      { name: "list", short: "l", help: "list the probes that match the words, as `sonde list` does" },
      { name: "info", help: "what this kernel offers, in bpftrace's words" },
      { name: "fmt", help: "print the script in its usual form" },
      { name: "test", help: "run the script's test: probes; exit status 1 if one fails" },
      { name: "bench", help: "run the script's bench: probes and print what one run takes" },
      { name: "probe-filter", value: "REGEX", help: "only the tests or benchmarks of such names" },
      {
        name: "mode",
        value: "MODE",
        choices: ["run", "test", "bench", "format", "codegen", "compiler-bench"],
        help: "the same by one option",
      },
      { name: "traceable-functions", value: "FILE", help: "accepted: functions are listed from the kernel itself" },
      { name: "emit-elf", value: "FILE", help: "write the object as an ELF file, and stop" },
      { name: "include", value: "FILE", multiple: true, help: "accepted: types come from the kernel itself" },
      {
        name: "include-dir",
        short: "I",
        value: "DIR",
        multiple: true,
        help: "accepted: types come from the kernel itself",
      },
      { name: "version", short: "V", help: "print the version" },
      ...IGNORED_OPTIONS,
    ],
    notes:
      "COMMAND's output goes to standard error, so that standard output holds nothing but data; with -o it keeps standard output.\nExit status: 0, or the script's exit(N); 1 when something failed, 2 when the call was wrong.\nCtrl-C ends a script: what is still in the ring is printed, then the maps.\nOptions of the script itself come after `--`: sonde trace script.bt -- --name=value",
    examples: [
      {
        command:
          "sonde trace -e 'tracepoint:syscalls:sys_enter_openat { printf(\"%s %s\\n\", comm, str(args.filename)); }'",
        says: "who opens which files",
      },
      {
        command: "sonde trace -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'",
        says: "system calls by program",
      },
      {
        command: "sonde trace -e 'profile:hz:99 { @[kstack] = count(); }' -c 'make -j2'",
        says: "where the kernel spends a build's time",
      },
      { command: "sonde trace -f json opensnoop.bt", says: "a script's output for another program" },
      {
        command: "sonde trace --pod shop/web-0 -e 'tracepoint:syscalls:sys_enter_* { @[probe] = count(); }'",
        says: "system calls of one pod",
      },
    ],
    load: async () => await import("./commands/trace.ts"),
  },
  {
    name: "build",
    summary: "Build a monitor written in TypeScript into an object",
    usage: ["[OPTIONS] MONITOR.ts"],
    options: [
      { name: "output", short: "o", value: "FILE", help: "where the object goes (beside the monitor, as MONITOR.o)" },
      {
        name: "btf",
        value: "FILE",
        help: "the kernel types to build against (those of this machine's kernel)",
      },
      { name: "arch", value: "ARCH", choices: ["amd64", "arm64"], help: "the machines to build for (this one's kind)" },
      { name: "format", short: "f", value: "FORMAT", choices: ["text", "json"], help: "how errors are printed" },
      {
        name: "dump",
        short: "d",
        value: "STAGE",
        choices: ["ir", "object"],
        help: "print what the compiler made, and stop",
      },
      { name: "quiet", short: "q", help: "say nothing when it is done" },
    ],
    notes:
      "The monitor's own code runs once, now and here; its handlers become BPF. The object finds its way on every kernel from 5.10 on.\nNo root is needed. Exit status: 0; 1 when the monitor has an error, 2 when the call was wrong.",
    examples: [
      { command: "sonde build block-io.ts -o block-io.o", says: "an object for the agent, or for any loader" },
      { command: "sonde build --dump object block-io.ts", says: "what became of it, as text" },
      { command: "sonde build --btf vmlinux-6.12.btf block-io.ts", says: "for machines with other types" },
    ],
    load: async () => await import("./commands/build.ts"),
  },
  {
    name: "run",
    summary: "Run a monitor in this terminal",
    usage: ["[OPTIONS] MONITOR [OPTIONS] [INTERVAL [COUNT]]", "MONITOR --help", "--list"],
    stopAtFirstWord: true,
    options: [{ name: "list", help: "the monitors that come with Sonde" }, ...RUN_OPTIONS],
    notes:
      "MONITOR is one of those that come with Sonde, or a file: .ts, .bt, or .o from 'sonde build'. Its parameters are options;\n'sonde run MONITOR --help' shows them. With INTERVAL (seconds) its metrics are shown so often, each time what was\nadded since; without, once at the end.",
    examples: [
      { command: "sonde run runqlat 1 10", says: "how long threads waited for a CPU, each second for ten" },
      { command: "sonde run syscalls --comm node -d 5 -o json", says: "one program's system calls in five seconds" },
      { command: "sonde run ./mine.o --help", says: "what a monitor of your own can be told" },
    ],
    load: async () => await import("./commands/run.ts"),
  },
  {
    name: "types",
    summary: "Write declarations of the kernel for monitors in TypeScript",
    usage: ["[OPTIONS]"],
    options: [
      { name: "output", short: "o", value: "FILE", help: "where they go (standard output)" },
      { name: "btf", value: "FILE", help: "the kernel types to declare (those of this machine's kernel)" },
      {
        name: "functions",
        value: "PATTERN",
        multiple: true,
        help: "kernel functions for fentry and kprobe, with * (vfs_*, tcp_*, blk_* and other usual ones)",
      },
      { name: "structs", value: "NAME", multiple: true, help: "more structs, with all that they lead to" },
    ],
    notes:
      "Put the file among those that your tsconfig.json includes: then an editor completes the names of tracepoints\nand their fields, and tsc finds wrong ones. Declarations of a recent kernel come with Sonde: 'sonde/kernel-types'.",
    examples: [
      { command: "sonde types -o kernel.d.ts", says: "of this machine" },
      { command: "sonde types --functions 'nfs_*' -o kernel.d.ts", says: "for the functions of a file system" },
    ],
    load: async () => await import("./commands/types.ts"),
  },
  {
    name: "list",
    summary: "List the probes that this kernel offers",
    usage: ["[OPTIONS] [PATTERN...]"],
    options: [
      { name: "verbose", short: "v", help: "with their arguments" },
      { name: "format", short: "f", value: "FORMAT", choices: ["text", "json"], help: "how to print" },
    ],
    notes:
      "A pattern is PROVIDER:NAME with * and ?, such as 'tracepoint:sched:*', 'kprobe:vfs_*', 'uprobe:/bin/bash:read*';\nwithout a provider it is looked for in all of them but uprobes.",
    examples: [
      { command: "sonde list 'tracepoint:block:*'", says: "tracepoints of the block layer" },
      { command: "sonde list -v tracepoint:sched:sched_switch", says: "one tracepoint with its fields" },
      { command: "sonde list '*tcp_retransmit*'", says: "everything of that name" },
    ],
    load: async () => await import("./commands/list.ts"),
  },
  {
    name: "agent",
    summary: "Run monitors and serve their metrics",
    usage: ["[OPTIONS]"],
    options: [
      { name: "listen", value: "ADDRESS:PORT", help: "where to serve HTTP (default 127.0.0.1:9435)" },
      { name: "monitors", value: "DIR", help: "directory of monitors (default: those that come with Sonde)" },
      {
        name: "state",
        value: "DIR",
        help: "keep what is on, versions and parameters there, across restarts and kills; without it nothing is kept",
      },
      {
        name: "health-window",
        value: "SECONDS",
        help: "how long a monitor's new version must do well before the old one is let go of (default 10)",
      },
      {
        name: "memory-limit",
        value: "MB",
        help: "above it the agent keeps no history, then stops the monitor with the most series (default 512)",
      },
      {
        name: "cpu-limit",
        value: "CPUS",
        help: "the same for the agent's own CPU time, as a share of one CPU (default 0.5)",
      },
      {
        name: "detach",
        help: "end what an agent with --state DIR left attached, and nothing else",
      },
      {
        name: "ebpf-exporter-config",
        value: "DIR",
        help: "run ebpf_exporter's configurations (NAME.yaml beside NAME.bpf.o), and serve on :9435 as it does",
      },
      { name: "only", value: "NAME,...", help: "switch on only these monitors; the others stay off until asked for" },
      {
        name: "token-file",
        value: "FILE",
        help: "file with the token that changes need; without it only this machine's own addresses may change anything",
      },
      { name: "tls-cert", value: "FILE", help: "serve HTTPS with this certificate (PEM, with its chain)" },
      { name: "tls-key", value: "FILE", help: "the certificate's private key (PEM)" },
      {
        name: "tls-client-ca",
        value: "FILE",
        help: "changes need a certificate of this authority (or the token, if there is one too)",
      },
      { name: "protect-reading", help: "reading needs the token or a certificate too" },
      {
        name: "trusted-keys",
        value: "DIR",
        help: "load only monitors that one of the public keys (Ed25519, PEM) in this directory has signed, see sonde sign",
      },
      {
        name: "keep-capabilities",
        value: "NAME,...",
        help: "what it keeps of root's powers: default, and more such as net_admin for network monitors; all",
      },
      {
        name: "remote-write",
        value: "URL",
        help: "send metrics there by Prometheus remote write, such as http://prometheus:9090/api/v1/write",
      },
      {
        name: "otlp",
        value: "URL",
        help: "send metrics and streams there by OTLP over HTTP, such as http://collector:4318",
      },
      { name: "otlp-encoding", value: "FORMAT", choices: ["protobuf", "json"], help: "of OTLP (default protobuf)" },
      { name: "push-interval", value: "SECONDS", help: "how often metrics are sent (default 15)" },
      {
        name: "push-label",
        value: "NAME=VALUE",
        multiple: true,
        help: "a label of everything that is sent; job=sonde and instance=HOSTNAME unless given",
      },
      {
        name: "push-header-file",
        value: "FILE",
        help: "lines of 'Name: value' for every request that sends, such as Authorization",
      },
      {
        name: "history-memory",
        value: "MB",
        help: "memory for the last hour of every metric, oldest let go of first (default 16; 0: none)",
      },
      {
        name: "host-root",
        value: "DIR",
        help: "where the machine's /run and /var/lib are mounted, for names of containers (default: /)",
      },
      {
        name: "kubernetes",
        value: "URL",
        help: "API server to ask for pods: auto (the cluster's, if this runs in a pod; the default), off, or a URL",
      },
      {
        name: "kubelet",
        value: "URL",
        help: "kubelet to ask for pods instead of the API server (https://127.0.0.1:10250)",
      },
      {
        name: "node-name",
        value: "NAME",
        help: "this node's name in Kubernetes (default: $NODE_NAME, or the host's name)",
      },
      { name: "kubernetes-token-file", value: "FILE", help: "token for it (default: the pod's service account)" },
      {
        name: "kubernetes-ca-file",
        value: "FILE",
        help: "certificate of its authority (default: the service account's)",
      },
      { name: "kubernetes-cert-file", value: "FILE", help: "the agent's own certificate for it, with its key" },
      { name: "kubernetes-key-file", value: "FILE", help: "the key of that certificate" },
      { name: "kubernetes-insecure", help: "do not check its certificate, as kubelets sign their own" },
      {
        name: "log-level",
        value: "LEVEL",
        choices: ["trace", "debug", "info", "warn", "error"],
        help: "least level that is logged (default info)",
      },
    ],
    examples: [
      { command: "sonde agent", says: "the default monitors on 127.0.0.1:9435" },
      { command: "sonde agent --state /var/lib/sonde", says: "counts go on across restarts and kills" },
      {
        command: "sonde agent --listen 0.0.0.0:9435 --monitors /etc/sonde/monitors",
        says: "your own monitors, for Prometheus on another machine",
      },
      { command: "sonde monitor disable runqlat", says: "switch one off while it runs" },
      {
        command: "sonde agent --ebpf-exporter-config examples --only timers,biolatency",
        says: "in ebpf_exporter's place",
      },
    ],
    load: async () => await import("./commands/agent.ts"),
  },
  {
    name: "monitor",
    summary: "Show, switch and upgrade the monitors of an agent that runs",
    usage: [
      "[OPTIONS] ls",
      "[OPTIONS] show|enable|disable|rollback|logs|rm NAME",
      "[OPTIONS] upgrade NAME [FILE]",
      "[OPTIONS] set NAME PARAM=VALUE",
    ],
    options: [
      { name: "agent", value: "URL", help: "where the agent is (default http://127.0.0.1:9435)" },
      { name: "token-file", value: "FILE", help: "file with the token that changes need, if the agent asks for one" },
      { name: "output", short: "o", value: "FORMAT", choices: ["text", "json"], help: "how to print" },
    ],
    notes:
      "upgrade without a FILE reads the monitor's file in the agent's directory again; with one it is sent to the agent,\nunder a new NAME as a new monitor. The version that runs goes on if the new one is refused, and the new one is taken\nback by itself if it does badly. rm forgets a monitor that came by upgrade; the directory's are removed there.\nExit status: 0; 1 when it did not come about (the reason is on standard error), 2 when the call was wrong.",
    examples: [
      { command: "sonde monitor ls", says: "states, versions, costs" },
      { command: "sonde monitor show runqlat", says: "one monitor in full: where it is attached, what it may cost" },
      {
        command: "sonde monitor upgrade runqlat runqlat.bt",
        says: "a new version while events flow, none of them lost",
      },
      { command: "sonde monitor rollback runqlat", says: "back to the version before" },
      { command: "sonde monitor set slowio threshold_us=5000", says: "change a parameter while it runs" },
      {
        command: "sonde monitor ls -o json | jq -r '.monitors[] | select(.state == \"failed\") | .reason'",
        says: "why monitors failed",
      },
    ],
    load: async () => await import("./commands/monitor.ts"),
  },
  {
    name: "load",
    summary: "Load BPF objects that clang made, and attach or pin them",
    usage: ["[OPTIONS] OBJECT..."],
    options: [
      {
        name: "attach",
        short: "a",
        help: "attach each program where its section says; stay until Ctrl-C unless pinned",
      },
      {
        name: "device",
        short: "d",
        value: "NAME",
        help: "the network interface that XDP and TC programs are attached to",
      },
      { name: "cgroup", short: "c", value: "DIR", help: "the control group that its programs are attached to" },
      { name: "pin", value: "DIR", help: "pin programs at DIR/NAME, maps in DIR/maps, links in DIR/links, and end" },
      { name: "map", short: "m", value: "NAME=SIZE", multiple: true, help: "a map's size: entries, or a ring's bytes" },
      { name: "global", short: "g", value: "NAME=VALUE", multiple: true, help: "a global variable's first value" },
      { name: "no-autoload", value: "NAME", multiple: true, help: "leave this program out" },
      { name: "autoload", value: "NAME", multiple: true, help: "load this program though its section starts with '?'" },
      { name: "keep-going", short: "k", help: "keep what can be loaded and attached when something else cannot" },
      {
        name: "verbose",
        short: "v",
        help: "the verifier's whole log when it refuses; what was changed for this kernel",
      },
      { name: "output", short: "o", value: "FORMAT", choices: ["text", "json"], help: "how to print" },
    ],
    notes:
      "Says of each program whether it was loaded, attached, skipped or why it failed. When anything fails, nothing is left in the kernel.\nWith neither --attach nor --pin it is a trial: everything is loaded and let go.\nExit status: 0; 1 when something failed, 2 when the call was wrong.",
    examples: [
      { command: "sonde load opensnoop.bpf.o", says: "does this kernel take it?" },
      {
        command: "sonde load --attach --map events=1048576 --global target_pid=1234 opensnoop.bpf.o",
        says: "attached until Ctrl-C, with a larger ring, for one process",
      },
      { command: "sonde load --attach --device eth0 firewall.bpf.o", says: "an XDP program on an interface" },
      {
        command: "sonde load --attach --pin /sys/fs/bpf/guard guard.bpf.o",
        says: "attached for good: 'rm -r /sys/fs/bpf/guard' ends it",
      },
    ],
    load: async () => await import("./commands/load.ts"),
  },
  {
    name: "inspect",
    summary: "Show the kernel's BPF programs, maps and links, who holds them and what they cost",
    usage: ["[OPTIONS]", "[OPTIONS] prog|map|link|btf [ID|NAME|PATH...]"],
    options: [
      { name: "watch", short: "w", help: "draw it again and again, until Ctrl-C" },
      { name: "interval", short: "i", value: "SECONDS", help: "measure costs over this time (default 1; 0: do not)" },
      { name: "pid", short: "p", value: "PID", help: "only what this process holds" },
      {
        name: "type",
        short: "t",
        value: "TYPE",
        help: "only programs and maps of this type, links of this kind (* and ? as in a shell)",
      },
      { name: "name", short: "n", value: "NAME", help: "only what has this in its name (or fits, with * and ?)" },
      {
        name: "limit",
        value: "ENTRIES",
        help: "how many entries of a map to print (default 100; all in JSON; 0: all)",
      },
      { name: "output", short: "o", value: "FORMAT", choices: ["text", "json"], help: "how to print" },
    ],
    notes:
      "One program, map or link that is asked for by id, name or the path of its pin is shown in full: a program with its\ninstructions and source lines, a map with what is in it. Filters keep what fits, and the maps and links of programs that fit.\nCosts are the kernel's own statistics, switched on while this runs: each run of a program takes some 80 ns longer then.",
    examples: [
      { command: "sonde inspect", says: "what runs here, who owns it, what it costs" },
      { command: "sonde inspect -w", says: "the same, live; the most expensive programs first" },
      { command: "sonde inspect --pid 1234", says: "what one process has in the kernel" },
      { command: "sonde inspect prog 42", says: "one program: its cost, its instructions beside their source lines" },
      { command: "sonde inspect map start", says: "what is in the map called 'start'" },
      {
        command: "sonde inspect map /sys/fs/bpf/counts -o json | jq '.maps[].contents.entries'",
        says: "a pinned map for another program",
      },
    ],
    load: async () => await import("./commands/inspect.ts"),
  },
  {
    name: "features",
    summary: "Show what this kernel can do",
    usage: ["[OPTIONS]"],
    options: [{ name: "format", short: "f", value: "FORMAT", choices: ["text", "json"], help: "how to print" }],
    examples: [
      { command: "sonde features", says: "as a table" },
      {
        command: "sonde features -f json | jq -r '.features[] | select(.supported | not) | .name'",
        says: "what is missing",
      },
    ],
    load: async () => await import("./commands/features.ts"),
  },
  {
    name: "sign",
    summary: "Sign monitors for agents that load only what a trusted key has signed",
    usage: ["--key FILE FILE...", "--new-key NAME"],
    options: [
      { name: "key", value: "FILE", help: "the private key (Ed25519, PEM)" },
      { name: "new-key", value: "NAME", help: "make a pair of keys: NAME.key, to be kept secret, and NAME.pub" },
    ],
    notes:
      "Writes FILE.sig beside each file: the signature of its bytes as base64. An agent with --trusted-keys DIR loads a file only with it.",
    examples: [
      { command: "sonde sign --new-key team", says: "team.key and team.pub" },
      { command: "sonde sign --key team.key runqlat.bt", says: "writes runqlat.bt.sig" },
    ],
    load: async () => await import("./commands/sign.ts"),
  },
  {
    name: "completion",
    summary: "Print a shell's completion script",
    usage: ["bash|zsh|fish"],
    options: [],
    examples: [{ command: "source <(sonde completion bash)", says: "complete in this shell" }],
    load: async () => await import("./commands/completion.ts"),
  },
];
