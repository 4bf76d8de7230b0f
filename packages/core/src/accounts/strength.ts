const leastCharacters = 12
const mostCharacters = 256
/** Fewer different ones are a pattern. */
const leastDifferent = 6

/** The most common passwords of lists that were published, without what stands around the word. */
const common = [
  'password',
  'passwort',
  'letmein',
  'welcome',
  'qwerty',
  'qwertz',
  'azerty',
  'asdfgh',
  'zxcvbn',
  'iloveyou',
  'dragon',
  'monkey',
  'football',
  'baseball',
  'superman',
  'sunshine',
  'princess',
  'administrator',
  'admin',
  'changeme',
  'secret',
  'trustno',
  'engine',
]

interface Owner {
  readonly name: string
  readonly email: string | null
}

/** What is wrong with a new password; null for a good one. Rules about kinds of characters make none better, so there are none. */
export function passwordProblem(password: string, owner: Owner): string | null {
  const characters = Array.from(password.normalize('NFKC'))
  if (characters.length < leastCharacters) return `A password has at least ${leastCharacters} characters; a few words are good.`
  if (characters.length > mostCharacters) return `A password has at most ${mostCharacters} characters.`
  const plain = characters.join('').toLowerCase()
  if (new Set(plain).size < leastDifferent || isSequence(plain)) return 'This password is a pattern that programs try first.'
  const known = [...common, ...wordsOf(owner)]
  const rest = known.reduce((left, word) => left.replaceAll(word, ''), plain)
  // What is left of it is all that has to be guessed.
  if (rest.replaceAll(/[\d\s!-/:-@[-`{-~]/g, '').length < 3 && rest.length < plain.length && rest.length < leastCharacters)
    return 'This password is little more than a common word, or your own name or address.'
  return null
}

/** Whether each character follows the one before, in either direction, as in 123456789012 or abcdefghijkl. */
function isSequence(text: string): boolean {
  const steps = new Set(Array.from({ length: text.length - 1 }, (_, at) => text.charCodeAt(at + 1) - text.charCodeAt(at)))
  steps.delete(-9)
  steps.delete(9)
  return steps.size <= 1
}

function wordsOf({ name, email }: Owner): string[] {
  return [...name.toLowerCase().split(/\s+/), ...(email ?? '').split(/[@.]/)].filter((word) => word.length >= 3)
}
