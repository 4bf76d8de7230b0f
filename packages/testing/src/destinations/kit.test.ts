import { letterboxDestination, openLetterbox, right } from './fixtures.ts'
import { testDestination } from './index.ts'

let box = openLetterbox()

testDestination({
  name: 'the letterbox',
  create: () => letterboxDestination(() => box),
  leastConfig: { token: 'any' },
  receiver: () => (box = openLetterbox()),
  secrets: [right],
  takesFiles: true,
})
