import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { themeVariables } from './theme.ts'

it('pages of plugins are told of all variables that there are', () => {
  const tokens = readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8')
  expect(themeVariables).toEqual([...tokens.matchAll(/^ {2}(--eng-[\w-]+):/gm)].map(([, name]) => name))
})
