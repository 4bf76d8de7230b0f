import { resolve } from 'node:path'

import { expect, it } from 'vitest'

import { isDatabaseThere, placeOfDatabase } from './database.ts'
import { readWorkerConfig } from './worker-config.ts'

it.each([
  ['', { kind: 'sqlite', file: resolve('data/engine.db') }],
  ['file:./engine.db', { kind: 'sqlite', file: resolve('engine.db') }],
  ['file::memory:', { kind: 'sqlite', file: null }],
  ['pglite://./folder', { kind: 'pglite', folder: resolve('folder') }],
  ['PGlite:folder', { kind: 'pglite', folder: resolve('folder') }],
  ['pglite://memory', { kind: 'pglite', folder: null }],
  ['postgresql://localhost/engine', { kind: 'postgres', url: 'postgresql://localhost/engine' }],
])('the database "%s" is at %j', (databaseUrl, place) => {
  expect(placeOfDatabase({ databaseUrl }, {})).toEqual(place)
})

it.each([
  ['./engine.db', 'it has no scheme'],
  ['pglite://', 'names no place'],
  ['mysql://root@localhost/engine', 'does not know mysql:'],
])('the database "%s" is refused by every command, also by a worker', async (databaseUrl, why) => {
  expect(() => placeOfDatabase({ databaseUrl }, {})).toThrow(why)
  await expect(readWorkerConfig({ databaseUrl }, {})).rejects.toThrow(why)
})

it.each([
  ['file::memory:', false],
  ['pglite://memory', false],
  ['file:./package.json', true],
  ['pglite:./packages', true],
  ['file:./no-such.db', false],
  ['postgres://localhost/engine', true],
])('whether something may be kept at "%s" already: %j', (databaseUrl, isThere) => {
  expect(isDatabaseThere({ databaseUrl }, {})).toBe(isThere)
})
