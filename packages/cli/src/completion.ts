import type { Command } from 'commander'

export const shells = ['bash', 'zsh', 'fish'] as const

/** What may be written at one place of the command line. */
interface Place {
  /** The words before, such as `tasks checkout`. */
  readonly path: string
  readonly words: readonly { readonly word: string; readonly description: string }[]
}

/** A script that completes every command and flag, to be sourced by the shell. */
export function completionScript(program: Command, shell: (typeof shells)[number]): string {
  const places = placesOf(program, [])
  if (shell === 'fish') return fish(places)
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${bash(places)}` : bash(places)
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const commands = command.commands.map((each) => ({ word: each.name(), description: each.summary() || each.description() }))
  const flags = command.options.map((option) => ({ word: option.long ?? '', description: option.description }))
  const help = { word: '--help', description: 'Say what there is' }
  const place = { path: path.join(' '), words: [...commands, ...flags.filter(({ word }) => word !== ''), help] }
  return [place, ...command.commands.flatMap((each) => placesOf(each, [...path, each.name()]))]
}

function bash(places: readonly Place[]): string {
  const cases = places.map(({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`)
  return `_engine() {
  local path='' word words='' index
  for (( index = 1; index < COMP_CWORD && index < 3; index++ )); do
    word="\${COMP_WORDS[index]}"
    if [[ "$word" == -* ]]; then break; fi
    path="\${path:+$path }$word"
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=( $(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}") )
}
complete -o default -F _engine engine
`
}

function fish(places: readonly Place[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`
  const lines = places.flatMap(({ path, words }) =>
    words.map(
      ({ word, description }) =>
        `complete -c engine -n ${quoted(`__engine_at ${path}`.trim())} -a ${quoted(word)} -d ${quoted(description)}`,
    ),
  )
  return `function __engine_at
  set -l words (commandline -opc | string match -v -- '-*')
  test "$words[2..3]" = "$argv"
end
${lines.join('\n')}
`
}
