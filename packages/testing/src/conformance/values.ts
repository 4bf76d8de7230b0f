import { expect } from 'vitest'
import { CompiledQuery } from 'kysely'

import { directGroup, inTransaction, insert, newRow, type ContractRow, type Database } from './driver.ts'

const times = [
  '1970-01-01T00:00:00.000Z',
  '2026-02-28T23:59:59.999Z',
  '2028-02-29T12:00:00.001Z',
  '2038-01-19T03:14:08.120Z',
  '9999-12-31T23:59:59.999Z',
]
const wholeNumbers = [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
const texts = [
  '',
  ' leading and trailing ',
  'Ünïcödé, 漢字, العربية, e\u0301 and é',
  '🦆👩‍👩‍👧‍👦',
  `'single' "double" \`back\` \\ \\n $1 ? :name @name %s`,
  'line\nfeed\r\nand\ttab\u0001\u001f\u007f\u2028\u2029\ufeff',
  'null',
  '2026-01-01T00:00:00.000Z',
  '{"not": "parsed"}',
  '0012',
  'x'.repeat(1_000_000),
]
const jsonNumbers = [
  0,
  1,
  -1,
  0.1,
  -0.1,
  1e-7,
  5e-324,
  1.797_693_134_862_315_7e308,
  1e21,
  123_456_789.123_456_78,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
]
const jsonValues: readonly unknown[] = [
  {},
  [],
  null,
  true,
  false,
  'text',
  '',
  jsonNumbers,
  texts,
  { '': '', ' ': ' ', 'a.b': 1, "it's": 2, 'say "x"': 3, '\\': 4, 'ü漢🦆': 5, constructor: 6, 1: 7, 10: 8, 2: 9 },
  JSON.parse('{"__proto__": {"polluted": true}}'),
  [[[]], [{}], { a: [] }, [null, [null]]],
  { z: 1, a: { z: 1, a: [3, 1, 2] } },
  nested(500),
]

export const values = directGroup('values', {
  'ids, times, texts and whole numbers come back as they were written': async (direct) => {
    const rows: ContractRow[] = [
      newRow(),
      ...times.map((at) => newRow({ at })),
      ...wholeNumbers.map((number) => newRow({ number })),
      ...texts.map((text) => newRow({ text })),
    ]
    for (const row of rows) await inTransaction(direct.db, (tx) => insert(tx, row))
    const found = await read(direct.db, rows)
    for (const [index, row] of rows.entries()) expect(found[index]).toEqual(row)
  },

  'JSON comes back as a text that says the same': async (direct) => {
    const rows = jsonValues.map((value) => newRow({ data: JSON.stringify(value) }))
    await inTransaction(direct.db, async (tx) => {
      for (const row of rows) await insert(tx, row)
    })
    for (const [index, { data }] of (await read(direct.db, rows)).entries()) {
      expect(typeof data).toBe('string')
      expect(JSON.parse(data ?? '')).toEqual(jsonValues[index])
    }
  },

  'numbers are numbers in what is computed too': async (direct) => {
    const rows = [3, 4, 2 ** 40].map((number) => newRow({ number }))
    await inTransaction(direct.db, async (tx) => {
      for (const row of rows) await insert(tx, row)
    })
    const computed = await chosen(direct.db, rows)
      .select((e) => [e.fn.countAll<number>().as('count'), e.fn.sum<number>('number').as('sum'), e.fn.max<number>('number').as('most')])
      .executeTakeFirstOrThrow()
    expect(computed).toEqual({ count: 3, sum: 2 ** 40 + 7, most: 2 ** 40 })
  },

  'times are ordered as time is': async (direct) => {
    const rows = times.toReversed().map((at) => newRow({ at }))
    await inTransaction(direct.db, async (tx) => {
      for (const row of rows) await insert(tx, row)
    })
    const ordered = await chosen(direct.db, rows).select('at').orderBy('at').execute()
    expect(ordered.map(({ at }) => at)).toEqual(times)
    const before = await chosen(direct.db, rows).select('at').where('at', '<', '2028-02-29T12:00:00.001Z').execute()
    expect(before).toHaveLength(2)
  },

  'a write says how many rows it changed, and returns those that it was asked for': async (direct) => {
    const rows = [newRow({ number: 1 }), newRow({ number: 1 }), newRow({ number: 2 })]
    const answers = await inTransaction(direct.db, async (tx) => {
      for (const row of rows) await insert(tx, row)
      const ids = rows.map(({ id }) => id)
      const updated = await tx
        .updateTable('contract_rows')
        .set({ number: 5 })
        .where('id', 'in', ids)
        .where('number', '=', 1)
        .executeTakeFirst()
      const nothing = await tx
        .updateTable('contract_rows')
        .set({ number: 6 })
        .where('id', 'in', ids)
        .where('number', '=', 1)
        .executeTakeFirst()
      const returned = await tx
        .deleteFrom('contract_rows')
        .where('id', 'in', ids)
        .where('number', '=', 2)
        .returning(['id', 'number'])
        .execute()
      const deleted = await tx.deleteFrom('contract_rows').where('id', 'in', ids).executeTakeFirst()
      return { updated: updated.numUpdatedRows, nothing: nothing.numUpdatedRows, returned, deleted: deleted.numDeletedRows }
    })
    expect(answers).toEqual({ updated: 2n, nothing: 0n, returned: [{ id: rows[2]?.id, number: 2 }], deleted: 2n })
  },

  'a write that meets a row with its key can change that instead': async (direct) => {
    const row = newRow({ number: 1 })
    const upsert = (number: number) =>
      inTransaction(direct.db, (tx) =>
        tx
          .insertInto('contract_rows')
          .values({ ...row, number })
          .onConflict((conflict) =>
            conflict.column('id').doUpdateSet((e) => ({ number: e('contract_rows.number', '+', e.ref('excluded.number')) })),
          )
          .returning('number')
          .execute(),
      )
    expect([await upsert(1), await upsert(2), await upsert(3)]).toEqual([[{ number: 1 }], [{ number: 3 }], [{ number: 6 }]])
  },

  'however many different statements are run, each gives its own answer, again and again': async (direct) => {
    const texts = Array.from({ length: 400 }, (_, index) => `select ${index} as answer_${index}, 'x${index}' as text`)
    const ask = async (text: string) => (await direct.db.executeQuery(CompiledQuery.raw(text))).rows
    const expected = texts.map((_, index) => [{ [`answer_${index}`]: index, text: `x${index}` }])
    for (let round = 0; round < 3; round += 1) {
      const answers = round === 1 ? await Promise.all(texts.map(ask)) : await inOrder(texts, ask)
      expect(answers).toEqual(expected)
    }
  },
})

function chosen(db: Database, rows: readonly ContractRow[]) {
  const ids = rows.map(({ id }) => id)
  return db.selectFrom('contract_rows').where('id', 'in', ids)
}

/** The rows as they are in the database, in the order of those given. */
async function read(db: Database, rows: readonly ContractRow[]): Promise<ContractRow[]> {
  const found = await chosen(db, rows).selectAll().execute()
  const byId = new Map(found.map((row) => [row.id, row]))
  return rows.flatMap(({ id }) => byId.get(id) ?? [])
}

function nested(depth: number): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { deeper: value }
  return value
}

async function inOrder<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (const item of items) results.push(await work(item))
  return results
}
