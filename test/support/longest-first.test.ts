import { existsSync } from 'node:fs'

import { expect, it } from 'vitest'

import { longest } from './longest-first.ts'

it('the files that are to begin first are there, each once', () => {
  expect(longest.filter((name) => !existsSync(name))).toEqual([])
  expect(new Set(longest).size).toBe(longest.length)
})
