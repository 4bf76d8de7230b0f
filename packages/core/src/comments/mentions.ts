/** An agent as a text may name it. */
export interface Mentionable {
  readonly id: string
  readonly name: string
}

/** How many at signs of one text are looked at; nobody is addressed that often. */
const mostLookedAt = 1_000

/**
 * The agents that a Markdown text mentions, in the order of the text: `@Ada Byron` or `@ada-byron`, in any case. The longest name
 * that fits counts; one that several agents have, or nobody, is plain text, as is everything in code. Pure.
 */
export function mentionedIn(text: string, agents: readonly Mentionable[]): string[] {
  const prose = withoutCode(text).toLowerCase()
  const names = namesOf(agents)
  const found = new Set<string>()
  let left = mostLookedAt
  for (let at = prose.indexOf('@'); at !== -1 && left > 0; at = prose.indexOf('@', at + 1), left -= 1) {
    // An address such as ada@example.com mentions nobody.
    if (at > 0 && isWordCharacter(prose, at - 1)) continue
    const id = names.find(({ name }) => prose.startsWith(name, at + 1) && !isWordCharacter(prose, at + 1 + name.length))?.id
    if (id) found.add(id)
  }
  return [...found]
}

/** Every spelling of every name, longest first; null for a spelling that several agents have. */
function namesOf(agents: readonly Mentionable[]): { name: string; id: string | null }[] {
  const ids = new Map<string, string | null>()
  for (const { id, name } of agents) {
    const plain = name.trim().toLowerCase()
    for (const spelling of new Set([plain, plain.replaceAll(/\s+/g, '-')])) ids.set(spelling, ids.has(spelling) ? null : id)
  }
  return [...ids].map(([name, id]) => ({ name, id })).toSorted((left, right) => right.name.length - left.name.length)
}

/** Whether a name could go on here: `@Ada` is not meant by `@Adam`, `@ada-2` or `@ada@example.com`, but by `@Ada.` and `@Ada's`. */
function isWordCharacter(text: string, at: number): boolean {
  return /^([\p{L}\p{N}_@]|[-.][\p{L}\p{N}_])/u.test(text.slice(at, at + 4))
}

/** The text with nothing in place of code blocks and code spans, which are not addressed to anybody. */
function withoutCode(text: string): string {
  const prose: string[] = []
  let fence: string | null = null
  for (const line of text.split('\n')) {
    const mark: string | null = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? null
    if (fence !== null) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = null
    } else if (mark !== null) fence = mark
    else if (!/^( {4}|\t)/.test(line)) prose.push(line)
  }
  return withoutSpans(prose.join('\n'))
}

/** A span ends at as many backticks as it began with; without its end it is plain text. */
function withoutSpans(text: string): string {
  const parts = text.split(/(`+)/)
  const prose: string[] = []
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] ?? ''
    const end = part.startsWith('`') ? parts.indexOf(part, index + 1) : -1
    if (end === -1) prose.push(part)
    else {
      prose.push(' ')
      index = end
    }
  }
  return prose.join('')
}
