type Kind = 'added' | 'removed' | 'place' | 'same'

/** What each line of a unified diff says; its head, which names the files, is left out. Pure. */
export function diffLines(patch: string): readonly { readonly kind: Kind; readonly text: string }[] {
  const lines = patch.split('\n')
  const begin = lines.findIndex((line) => line.startsWith('@@'))
  return lines.slice(Math.max(0, begin)).flatMap((text) => (text === '' || text.startsWith('\\') ? [] : [{ kind: kindOf(text), text }]))
}

function kindOf(line: string): Kind {
  if (line.startsWith('@@')) return 'place'
  if (line.startsWith('+')) return 'added'
  return line.startsWith('-') ? 'removed' : 'same'
}
