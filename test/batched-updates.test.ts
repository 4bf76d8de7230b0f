import fc from 'fast-check'
import { expect, it } from 'vitest'

import { EngineError } from '@engine/core'

import { createWorld } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const strange = fc.constantFrom(' ', '"', '\\u0000', '\u2028', 'ß', 'İ', 'ﬃ', 'a-b_c', '%', 'e\u0301', '\0', '\ud800')
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }) },
  { weight: 1, arbitrary: strange },
)
const date = fc.constantFrom('2031-05-01', '2031-05-01T10:00:00+05:30', '0001-01-01', '9999-12-31', '2031-02-30', 'infinity')
const changes = fc.record(
  {
    title: text,
    description: fc.option(text),
    tags: fc.array(text, { maxLength: 3 }),
    acceptanceCriteria: fc.array(text, { maxLength: 2 }),
    context: fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 }),
    maxAttempts: fc.integer({ min: 0, max: 21 }),
    dueDate: fc.option(date),
    billingCode: fc.option(text),
  },
  { requiredKeys: [] },
)

// On Postgres one of both is a statement of its own.
it(
  'what a task is changed to is the same, refused or done, whether a call goes with others or by itself',
  { timeout: 120_000 },
  async () => {
    const { engine, companyId, watch } = await createWorld({ storage: await newStorage('postgres') })
    const [alone, together] = [await engine.tasks.create({ companyId, title: 'A' }), await engine.tasks.create({ companyId, title: 'A' })]
    let calls = 0
    let done = 0
    const said = async (change: object, taskId: string, options?: { idempotencyKey: string }) => {
      try {
        const {
          id: _id,
          identifier: _identifier,
          createdAt: _createdAt,
          updatedAt: _updatedAt,
          ...rest
        } = await engine.tasks.update({ taskId, ...change }, options)
        return rest
      } catch (error) {
        return EngineError.isInstance(error) ? error.code : String(error)
      }
    }
    const words = async (taskId: string) =>
      watch.query(`select body, body_words, regexp_replace(title_words, '^acm [0-9]+', 'acm n') as title_words
      from ${watch.table('search_entries')} where entity_id = '${taskId}'`)
    await fc.assert(
      fc.asyncProperty(changes, async (change) => {
        calls += 1
        const one = await said(change, alone.id, { idempotencyKey: `call ${calls}` })
        expect(await said(change, together.id)).toEqual(one)
        expect(await words(together.id)).toEqual(await words(alone.id))
        if (typeof one === 'object') done += 1
        else expect(one).toBe('invalid_input')
      }),
      { numRuns: 300 },
    )
    await engine.stop()
    expect(done).toBeGreaterThan(50)
  },
)
