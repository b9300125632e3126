// Calls of the command that are wrong, and what must be said of them.

/**
 * @typedef {object} WrongCall
 * @property {string} name
 * @property {readonly string[]} words what follows "sonde"
 * @property {RegExp} says
 * @property {1 | 2} status
 * @property {boolean} [nobody] run without any privilege
 * @property {string} [input] standard input
 */

const script = "begin { exit(); }";
const usage = (/** @type {string} */ command) => `\nTry 'sonde ${command}--help'.\n$`;
const needsRoot = "operation not permitted \\(EPERM\\)\nThis needs root, or ";

/** @type {readonly WrongCall[]} */
export const usages = [
  {
    name: "a command that does not exist",
    words: ["bogus"],
    says: new RegExp(`there is no command 'bogus'${usage("")}`),
    status: 2,
  },
  { name: "a command mistyped", words: ["trase"], says: /did you mean 'trace'\?/, status: 2 },
  {
    name: "no script",
    words: ["trace"],
    says: new RegExp(`name a script's file, or give the script itself with -e${usage("trace ")}`),
    status: 2,
  },
  {
    name: "an option that does not exist",
    words: ["trace", "--bogus"],
    says: new RegExp(`there is no option '--bogus'${usage("trace ")}`),
    status: 2,
  },
  { name: "an option without its value", words: ["trace", "-e"], says: /--execute takes a PROGRAM/, status: 2 },
  {
    name: "a format that does not exist",
    words: ["trace", "-f", "xml", "-e", script],
    says: /--format takes text, json, not 'xml'/,
    status: 2,
  },
  {
    name: "a way of buffering that does not exist",
    words: ["trace", "-B", "weird", "-e", script],
    says: /--buffering takes line, full, none, not 'weird'/,
    status: 2,
  },
  {
    name: "a stage that does not exist",
    words: ["trace", "-d", "weird", "-e", script],
    says: /--dump takes all, ast, ir, asm, object, .* not 'weird'/,
    status: 2,
  },
  {
    name: "a pid of letters",
    words: ["trace", "-p", "abc", "-e", script],
    says: /--pid takes a process id, not 'abc'/,
    status: 2,
  },
  {
    name: "the pid 0",
    words: ["trace", "-p", "0", "-e", script],
    says: /--pid takes a process id, not '0'/,
    status: 2,
  },
  {
    name: "list with an option that does not exist",
    words: ["list", "--bogus"],
    says: new RegExp(`there is no option '--bogus'${usage("list ")}`),
    status: 2,
  },
  { name: "features with a word", words: ["features", "extra"], says: /'extra' is not understood/, status: 2 },
  {
    name: "an agent's address that is none",
    words: ["agent", "--listen", "nonsense"],
    says: /--listen takes ADDRESS:PORT, .* not 'nonsense'/,
    status: 2,
  },
  {
    name: "an agent's port out of range",
    words: ["agent", "--listen", "127.0.0.1:99999"],
    says: /--listen takes ADDRESS:PORT/,
    status: 2,
  },
  {
    name: "an agent with a word",
    words: ["agent", "extra"],
    says: /'extra' is not understood; the agent takes options only/,
    status: 2,
  },
  {
    name: "a log level that does not exist",
    words: ["agent", "--log-level", "loud"],
    says: /--log-level takes trace, debug, .* not 'loud'/,
    status: 2,
  },
  {
    name: "completion for another shell",
    words: ["completion", "tcsh"],
    says: /name one shell: bash, zsh or fish/,
    status: 2,
  },
];

/** @type {readonly WrongCall[]} */
export const files = [
  {
    name: "a file that does not exist",
    words: ["trace", "/no/such.bt"],
    says: /cannot read the script: there is no file \/no\/such\.bt\n$/,
    status: 1,
  },
  { name: "a directory", words: ["trace", "/tmp"], says: /cannot read the script: \/tmp is a directory\n$/, status: 1 },
  {
    name: "a program instead of a script",
    words: ["trace", "/bin/sh"],
    says: /cannot read the script: \/bin\/sh holds binary data\n$/,
    status: 1,
  },
  { name: "a file without an end", words: ["trace", "/dev/zero"], says: /\/dev\/zero is larger than 1 MiB/, status: 1 },
  {
    name: "text in another encoding",
    words: ["trace", "-"],
    input: 'latin1:begin { print("\xe4"); }',
    says: /cannot read the script: standard input is not text in UTF-8\n$/,
    status: 1,
  },
  {
    name: "an empty file",
    words: ["trace", "/dev/null"],
    says: /the script has no probes\n\s+--> null:1:1/,
    status: 1,
  },
  {
    name: "an output in a directory that does not exist",
    words: ["trace", "-o", "/no/such/file", "-e", script],
    says: /cannot write the output: there is no directory \/no\/such\n$/,
    status: 1,
  },
  {
    name: "an output that is a directory",
    words: ["trace", "-o", "/tmp", "-e", script],
    says: /cannot write the output: \/tmp is a directory/,
    status: 1,
  },
  {
    name: "a command that does not exist",
    words: ["trace", "-c", "/no/such/program", "-e", script],
    says: /cannot run \/no\/such\/program: there is no such program/,
    status: 1,
  },
  {
    name: "a process that does not exist",
    words: ["trace", "-p", "4194304", "-e", script],
    says: /there is no process 4194304\n$/,
    status: 1,
  },
  {
    name: "a probe that does not exist, listed",
    words: ["list", "tracepoint:nosuch:*"],
    says: /no probe matches tracepoint:nosuch:\*\n$/,
    status: 1,
  },
  {
    name: "monitors in a directory that does not exist",
    words: ["agent", "--monitors", "/no/such"],
    says: /cannot read the directory of monitors: .*\/no\/such'?\n$/,
    status: 1,
  },
  {
    name: "a token's file that does not exist",
    words: ["agent", "--token-file", "/no/such"],
    says: /cannot read the token: there is no file \/no\/such\n$/,
    status: 1,
  },
  {
    name: "a monitor that does not exist",
    words: ["agent", "--listen", "127.0.0.1:0", "--only", "nosuch", "--log-level", "error"],
    says: /there is no monitor 'nosuch'; there are biolatency, /,
    status: 1,
  },
  {
    name: "a kernel function that does not exist",
    words: ["trace", "-e", "kprobe:no_such_function_x { @ = count(); }"],
    says: /kprobe:no_such_function_x can't be attached: this kernel offers neither|no kernel function matches no_such_function_x/,
    status: 1,
  },
];

/** @type {readonly WrongCall[]} */
export const privileges = [
  {
    name: "a script that attaches nothing",
    words: ["trace", "-e", script],
    says: new RegExp(needsRoot),
    status: 1,
    nobody: true,
  },
  {
    name: "a raw tracepoint",
    words: ["trace", "-e", "rawtracepoint:sched_switch { @ = count(); }"],
    says: new RegExp(needsRoot),
    status: 1,
    nobody: true,
  },
  {
    name: "a perf event",
    words: ["trace", "-e", "profile:hz:99 { @ = count(); }"],
    says: new RegExp(needsRoot),
    status: 1,
    nobody: true,
  },
  {
    name: "a tracepoint",
    words: ["trace", "-e", "tracepoint:syscalls:sys_enter_openat { @ = count(); }"],
    says: new RegExp(needsRoot),
    status: 1,
    nobody: true,
  },
  {
    name: "a list of probes",
    words: ["list", "tracepoint:sched:*"],
    says: new RegExp(needsRoot),
    status: 1,
    nobody: true,
  },
  {
    name: "a script that may not be read",
    words: ["trace", "/etc/shadow"],
    says: /cannot read the script: permission to open \/etc\/shadow is denied\n$/,
    status: 1,
    nobody: true,
  },
  {
    name: "an output that may not be written",
    words: ["trace", "-o", "/etc/sonde.out", "-e", script],
    says: /cannot write the output: permission to open \/etc\/sonde\.out is denied\n$/,
    status: 1,
    nobody: true,
  },
];
