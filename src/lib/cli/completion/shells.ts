/** A command as completion sees it. */
export interface CompletedCommand {
  /** Words after `bk-db`, such as `backup list`. */
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
}

export interface CompletedFlag {
  readonly name: string;
  readonly summary: string;
  readonly takesValue: boolean;
  /** The closed list of values, where there is one. */
  readonly values: readonly string[];
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of a shell; pure text, to be sourced by the user. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  if (shell === 'fish') return fishScript(commands);
  const bash = bashScript(commands);
  return shell === 'bash' ? bash : `#compdef bk-db\nautoload -U +X bashcompinit && bashcompinit\n${bash}`;
}

/** zsh reads the same script through its own bashcompinit. */
function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, flags }) => {
    const words = flags.map((flag) => `--${flag.name}`).join(' ');
    return `    ${quote(name)}) flags=${quote(words)} ;;`;
  });
  const values = commands.flatMap(({ name, flags }) =>
    flags
      .filter((flag) => flag.values.length > 0)
      .map((flag) => `    ${quote(`${name} --${flag.name}`)}) values=${quote(flag.values.join(' '))} ;;`),
  );
  const takers = [
    ...new Set(
      commands.flatMap(({ flags }) => flags.filter((flag) => flag.takesValue).map((flag) => flag.name)),
    ),
  ];
  return `_bk_db() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local word command="" flags="" values="" names="" skip=0 i
  local commands=${quote(commands.map(({ name }) => name).join('\n'))}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((skip)); then skip=0; continue; fi
    case $word in
      ${takers.map((name) => `--${name}`).join('|')}) skip=1; continue ;;
      -*) continue ;;
    esac
    if grep -qE "^\${command:+$command }$word( |$)" <<< "$commands"; then command="\${command:+$command }$word"; fi
  done
  case "$command $prev" in
${values.join('\n')}
  esac
  if [[ -n $values ]]; then COMPREPLY=($(compgen -W "$values" -- "$cur")); return; fi
  case $prev in
    ${takers.map((name) => `--${name}`).join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  if [[ $cur == -* ]]; then
    case $command in
${cases.join('\n')}
    esac
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
    return
  fi
  names=$(grep -E "^\${command:+$command }[^ ]+" <<< "$commands" | sed -E "s/^\${command:+$command }//; s/ .*//" | sort -u)
  COMPREPLY=($(compgen -W "$names" -- "$cur"))
}
complete -o default -F _bk_db bk-db
`;
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, summary, flags }) => {
    const words = name.split(' ');
    const before = words.slice(0, -1);
    const last = words.at(-1) ?? '';
    const parents = before.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const place = before.length === 0 ? '__fish_use_subcommand' : parents;
    const inside = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    return [
      `complete -c bk-db -f -n ${quote(place)} -a ${quote(last)} -d ${quote(summary)}`,
      ...flags.map((flag) => {
        const value = flag.takesValue
          ? flag.values.length > 0
            ? ` -x -a ${quote(flag.values.join(' '))}`
            : ' -r'
          : '';
        return `complete -c bk-db -n ${quote(inside)} -l ${flag.name}${value} -d ${quote(flag.summary)}`;
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
