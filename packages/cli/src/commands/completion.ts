import { allOptions } from "../arguments.ts";
import { type Command, type ParsedArguments, UsageError } from "../command.ts";
import { COMMANDS } from "../commands.ts";

/** `sonde completion SHELL`: made from the command table. */
export async function run(args: ParsedArguments): Promise<number> {
  const shell = args.words[0];
  const write = shell === undefined ? undefined : SHELLS[shell];
  if (write === undefined || args.words.length > 1) throw new UsageError("name one shell: bash, zsh or fish");
  process.stdout.write(write(COMMANDS));
  return 0;
}

const SHELLS: Readonly<Record<string, (commands: readonly Command[]) => string>> = { bash, zsh, fish };

function optionWords(command: Command): string {
  return allOptions(command)
    .flatMap((o) => [`--${o.name}`, ...(o.short === undefined ? [] : [`-${o.short}`])])
    .join(" ");
}

/** A `case` of bash: the words to offer after an option that has choices. */
function choiceCases(command: Command): string {
  return command.options
    .filter((o) => o.choices !== undefined)
    .map(
      (o) =>
        `      ${command.name}:--${o.name}${o.short === undefined ? "" : `|${command.name}:-${o.short}`}) words="${o.choices!.join(" ")}" ;;\n`,
    )
    .join("");
}

function bash(commands: readonly Command[]): string {
  return `_sonde() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=
  if [ "$COMP_CWORD" = 1 ]; then
    words="${commands.map((c) => c.name).join(" ")} --help --version"
  else
    case "\${COMP_WORDS[1]}:$previous" in
${commands.map(choiceCases).join("")}      *) case "\${COMP_WORDS[1]}" in
${commands.map((c) => `        ${c.name}) words="${optionWords(c)}" ;;\n`).join("")}      esac ;;
    esac
  fi
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
}
complete -o default -F _sonde sonde
`;
}

function zsh(commands: readonly Command[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
}

function fish(commands: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const names = commands.map((c) => c.name).join(" ");
  const lines = commands.map(
    (c) => `complete -c sonde -n 'not __fish_seen_subcommand_from ${names}' -f -a ${c.name} -d ${quote(c.summary)}`,
  );
  for (const command of commands) {
    for (const option of allOptions(command)) {
      const short = option.short === undefined ? "" : ` -s ${option.short}`;
      const value =
        option.value === undefined
          ? ""
          : option.choices === undefined
            ? " -r"
            : ` -x -a ${quote(option.choices.join(" "))}`;
      lines.push(
        `complete -c sonde -n '__fish_seen_subcommand_from ${command.name}' -l ${option.name}${short}${value} -d ${quote(option.help)}`,
      );
    }
  }
  return lines.join("\n") + "\n";
}
