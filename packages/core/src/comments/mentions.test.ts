import { expect, test } from 'vitest'

import { mentionedIn } from './mentions.ts'

const agents = [
  { id: 'ada', name: 'Ada' },
  { id: 'byron', name: 'Ada Byron' },
  { id: 'sam-1', name: 'Sam' },
  { id: 'sam-2', name: 'sam' },
  { id: 'zoe', name: 'Zoë' },
]

test.each([
  ['a name in any case', 'please @ADA, look', ['ada']],
  ['the longest name that fits', '@Ada Byron and not the other', ['byron']],
  ['a name with hyphens for its spaces', 'cc @ada-byron.', ['byron']],
  ['several, in the order of the text, each once', '@zoë then @ada then @Zoë', ['zoe', 'ada']],
  ['a name before an apostrophe or at the end', "@Ada's and (@Zoë)", ['ada', 'zoe']],
  ['a name that ends a sentence', 'ask @Ada.', ['ada']],
])('a text mentions %s', (_, text, expected) => {
  expect(mentionedIn(text, agents)).toEqual(expected)
})

test.each([
  ['a name that two agents have', '@Sam'],
  ['nobody’s name', '@nobody'],
  ['the beginning of another word', '@Adam and @ada-2 and @ada_x'],
  ['an address', 'mail ada@ada and @ada@example.org and @ada.example.org'],
  ['a code span', 'write `@ada` or ``a ` @ada``'],
  ['a fenced block', '```\n@ada\n```'],
  ['a fenced block that is still open', '~~~ts\n@ada'],
  ['an indented block', 'like:\n\n    @ada'],
  ['an at sign alone', 'a @ b @'],
])('%s is plain text', (_, text) => {
  expect(mentionedIn(text, agents)).toEqual([])
})

test('backticks without their end hide nothing, and a fence ends where it ends', () => {
  expect(mentionedIn('a ` b @ada', agents)).toEqual(['ada'])
  expect(mentionedIn('````\n```\n@zoë\n````\n@ada', agents)).toEqual(['ada'])
})

test('a long text of at signs and backticks is read in no time', () => {
  const many = Array.from({ length: 500 }, (_, index) => ({ id: String(index), name: `agent ${index}` }))
  const begun = performance.now()
  mentionedIn('@'.repeat(32_000) + '` `` '.repeat(6_000), many)
  expect(performance.now() - begun).toBeLessThan(2_000)
})
