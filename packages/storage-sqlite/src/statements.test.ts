import Database from 'better-sqlite3'
import { expect, it } from 'vitest'

import { StatementCache } from './statements.ts'

it('keeps a statement that is asked for again and again, and lets those go that nobody asks for', () => {
  const connection = new Database(':memory:')
  const cache = new StatementCache(connection)
  const [often, once] = [cache.get('select 1'), cache.get('select 2')]
  for (let number = 3; number < 1_000; number += 1) {
    cache.get(`select ${number}`)
    expect(cache.get('select 1')).toBe(often)
  }
  expect(cache.get('select 2')).not.toBe(once)
  connection.close()
})
