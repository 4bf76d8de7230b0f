import { describe, expect, it } from 'vitest'

import { passwordProblem } from './strength.ts'

const ada = { name: 'Ada Lovelace', email: 'countess@example.com' }

describe('a new password', () => {
  it.each([
    'correct horse battery',
    'tR7#vPq9!zLm',
    'пароль из четырех слов',
    'engine oil smells of summer',
    'lovelace was a mathematician',
  ])('may be "%s"', (password) => expect(passwordProblem(password, ada)).toBeNull())

  it.each([
    'short',
    'elevenchars',
    'aaaaaaaaaaaaaaaa',
    'abababababababab',
    '123456789012',
    'abcdefghijklmnop',
    'password1234',
    'Password123!',
    'administrator1',
    'qwerty123456',
    'changeme2026!',
    'adalovelace1',
    'AdaLovelace!!2026',
    'countess2026',
    'x'.repeat(257),
  ])('is not "%s"', (password) => expect(passwordProblem(password, ada)).toEqual(expect.stringContaining('assword')))
})
