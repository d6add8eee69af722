/** `wirehub completion`: completion for shells, made from the declarations of the commands. */
import { HubError } from '@wirehub/hub'
import { type Command, exitCodes } from '../command.ts'

/** Makes the command; it must know all the others. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'Prints a completion script for bash, zsh or fish.',
    usage: 'bash|zsh|fish',
    examples: [
      ['source <(wirehub completion bash)', 'for this shell'],
      ['wirehub completion fish > ~/.config/fish/completions/wirehub.fish', 'for good'],
    ],
    options: {},
    async run(_values, [shell]) {
      const script = shells[shell as keyof typeof shells]
      if (script === undefined) {
        throw new HubError('WIREHUB_ERR_USAGE', 'Name a shell: bash, zsh or fish.', { cure: 'wirehub completion bash' })
      }
      process.stdout.write(script(commands()))
      return exitCodes.ok
    },
  }
}

/** What may stand behind a command's name: its options, and the words that it knows. */
function flags(command: Command): string[] {
  const words = command.name === 'completion' ? Object.keys(shells) : []
  return [...words, ...Object.keys(command.options).map((name) => `--${name}`), '--help']
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((one) => `    ${one.name}) words="${flags(one).join(' ')}" ;;`).join('\n')
  return `_wirehub() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${cases}
    *) words="${commands.map((one) => one.name).join(' ')} --help --version" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${commands.map((one) => one.name).join(' ')} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _wirehub wirehub
`
}

function zsh(commands: readonly Command[]): string {
  const names = commands
    .map((one) => `    '${one.name}:${one.summary.replaceAll("'", '').replaceAll(':', '')}'`)
    .join('\n')
  const cases = commands.map((one) => `    ${one.name}) compadd -- ${flags(one).join(' ')} ;;`).join('\n')
  return `#compdef wirehub
_wirehub() {
  local -a commands
  commands=(
${names}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case "$words[2]" in
${cases}
  esac
  _files
}
if [[ $funcstack[1] == _wirehub ]]; then
  _wirehub "$@"
else
  (( $+functions[compdef] )) || { autoload -U compinit && compinit }
  compdef _wirehub wirehub
fi
`
}

function fish(commands: readonly Command[]): string {
  const lines: string[] = []
  for (const one of commands) {
    lines.push(`complete -c wirehub -n __fish_use_subcommand -a ${one.name} -d '${one.summary.replaceAll("'", '')}'`)
    for (const [name, spec] of Object.entries(one.options)) {
      const short = spec.short === undefined ? '' : ` -s ${spec.short}`
      lines.push(
        `complete -c wirehub -n '__fish_seen_subcommand_from ${one.name}' -l ${name}${short} -d '${spec.help.replaceAll("'", '')}'`,
      )
    }
  }
  const known = Object.keys(shells).join(' ')
  lines.push(`complete -c wirehub -n '__fish_seen_subcommand_from completion' -f -a '${known}'`)
  return `${lines.join('\n')}\n`
}

const shells = { bash, zsh, fish }
