import { expect } from 'vitest'

import type { JsonObject } from '@engine/core'

import { errorOf } from '../error-of.ts'
import { checkOut, newCompany, engineGroup, outcomesOf } from './world.ts'

/** A JSON object as callers may send it: every part of it comes back. */
const context = {
  numbers: [0, -1, 0.1, 1e-7, 5e-324, 1.797_693_134_862_315_7e308, 1e21, 2 ** 53 - 1],
  texts: ['', 'Ünïcödé 🦆', "it's", 'say "x"', '\\', '\u2028\u0001\u007f', 'null', '2026-01-01T00:00:00.000Z'],
  others: [null, true, false, {}, [], [[[{}]]]],
  '': { '': 1 },
  constructor: 'no more than a name',
  'a.b': { z: 1, a: 2 },
}
const descriptions = ['', ' spaced ', 'a\n\tb "c" \\d', '% _ * ? $1 :x @y', '漢字 العربية e\u0301', '🦆'.repeat(1_000)]
const unstorable = ['a\0b', 'half \ud83d', '\udc00']
const longestKey = 'k'.repeat(200)

export const inputs = engineGroup('inputs', {
  'text and JSON come back as they were given, from calls alone and together': async (world) => {
    const { engine } = world
    const { companyId, newTask } = await newCompany(world)
    const given = descriptions.map((description, index) => ({
      title: `Ünïcödé 🦆 ${index}`,
      description,
      context,
      tags: ['a', 'Ä', "b'"],
      acceptanceCriteria: ['one', '$2'],
    }))
    const together = await Promise.all(given.map((more) => newTask(more)))
    for (const [index, task] of together.entries()) {
      expect(task).toMatchObject(given[index] ?? {})
      expect(await engine.tasks.get({ taskId: task.id })).toEqual(task)
    }
    const alone = await engine.tasks.create({ companyId, ...given[0], title: 'Alone' }, { idempotencyKey: 'ü 🦆' })
    expect(alone).toMatchObject({ ...given[0], title: 'Alone' })
    const updated = await engine.tasks.update({ taskId: alone.id, context: { only: context }, description: null })
    expect(updated).toMatchObject({ context: { only: context }, description: null })
  },

  'text that some database would change is refused by all': async (world) => {
    const { engine, watch } = world
    const { companyId, newTask } = await newCompany(world)
    const before = await watch.dump()
    for (const text of unstorable) {
      for (const more of [{ title: text }, { context: { deep: [{ [text]: 1 }] } }, { tags: [text] }]) {
        expect(await errorOf(newTask(more))).toMatchObject({ code: 'invalid_input' })
      }
    }
    expect(await errorOf(newTask({ context: { deep: nested(70) } }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(engine.tasks.create({ companyId, title: 'x'.repeat(501) }))).toMatchObject({ code: 'invalid_input' })
    expect(await watch.dump()).toBe(before)
  },

  'what a run prints is kept as far as it can be stored': async (world) => {
    const { engine } = world
    const { api, runId } = await checkOut(world, await newCompany(world))
    const lines = ['plain\n', '\u001b[31mred\u001b[0m', 'ü🦆', ' '.repeat(10), 'x'.repeat(100_000)]
    await api.runs.appendLog({ runId, entries: lines.map((text) => ({ stream: 'stdout', text })) })
    const { items } = await engine.runs.log({ runId })
    expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, index) => index + 1))
    expect(items.slice(0, 4).map(({ text }) => text)).toEqual(lines.slice(0, 4))
    // A long one is several chunks.
    expect(
      items
        .slice(4)
        .map(({ text }) => text)
        .join(''),
    ).toBe(lines[4])
    expect(items.map(({ droppedBytes }) => droppedBytes)).toEqual(items.map(() => 0))
  },

  'a reference finds the same thing however its letters are written': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const task = await company.newTask()
    for (const taskId of [task.id, task.id.toUpperCase(), task.identifier, task.identifier.toLowerCase()]) {
      expect((await engine.tasks.get({ taskId })).id).toBe(task.id)
    }
    const agentId = company.agentId.toUpperCase()
    expect((await engine.agents.get({ agentId })).id).toBe(company.agentId)
    expect((await engine.tasks.checkout({ taskId: task.id.toUpperCase(), agentId })).task.id).toBe(task.id)
    expect((await engine.tasks.list({ companyId: company.companyId.toUpperCase() })).items).toHaveLength(1)
  },

  'a reference that is none is refused or finds nothing, with the same words everywhere': async (world) => {
    const { engine } = world
    await newCompany(world)
    const references = ['nope', 'ACM', 'ACM-', '-1', 'ACM-1.5', `${'0'.repeat(8)}-0000`, "' or 1=1 --", '%', 'ACM-99999999999999999999']
    expect(await outcomesOf(references.map((taskId) => engine.tasks.get({ taskId })))).toEqual(references.map(() => 'not_found'))
    expect(await outcomesOf(references.map((agentId) => engine.agents.get({ agentId })))).toEqual(references.map(() => 'invalid_input'))
    const cursor = Buffer.from('["nope"]').toString('base64url')
    const lists = references.map((companyId) => engine.tasks.list({ companyId, cursor }))
    expect(await outcomesOf(lists)).toEqual(references.map(() => 'invalid_input'))
  },

  'numbers at their limits are refused or kept, never rounded': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const task = await company.newTask({ maxAttempts: 20 })
    const calls = [
      engine.tasks.update({ taskId: task.id, version: Number.MAX_SAFE_INTEGER, title: 'x' }),
      engine.tasks.update({ taskId: task.id, version: 1.5, title: 'x' }),
      engine.tasks.update({ taskId: task.id, maxAttempts: 21 }),
      engine.tasks.update({ taskId: task.id, maxAttempts: 2 ** 60 }),
      engine.agents.update({ agentId: company.agentId, maxConcurrentRuns: 51 }),
      engine.events.list({ companyId: company.companyId, after: Number.MAX_SAFE_INTEGER }).then(({ items }) => expect(items).toEqual([])),
      engine.events.list({ companyId: company.companyId, after: 2 ** 60 }),
      engine.tasks.list({ companyId: company.companyId, limit: 101 }),
    ]
    const refused = 'invalid_input'
    expect(await outcomesOf(calls)).toEqual(['version_conflict', refused, refused, refused, refused, 'done', refused, refused])
    const { api, runId } = await checkOut(world, company)
    const usage = { inputTokens: 2 ** 40, costMicros: 2 ** 45 }
    expect((await api.runs.report({ runId, outcome: { kind: 'done' }, usage })).usage).toMatchObject(usage)
  },

  'names that differ by case or accents are different, equal ones are refused': async (world) => {
    const { engine } = world
    const { hire } = await newCompany(world)
    const names = ['Zoé', 'zoé', 'ZOÉ', 'Zoe', 'Zoe\u0301']
    for (const name of names) expect((await hire({ name })).name).toBe(name)
    expect(await outcomesOf(names.map((name) => hire({ name })))).toEqual(names.map(() => 'already_exists'))
    const { taskPrefix } = await engine.companies.create({ name: 'Prefixed' })
    expect(await errorOf(engine.companies.create({ name: 'Other', taskPrefix }))).toMatchObject({
      code: 'already_exists',
      message: 'There already is a company with this task prefix.',
    })
  },

  'keys of repeats may be any text': async (world) => {
    const { companyId } = await newCompany(world)
    for (const idempotencyKey of [' ', "'", '🦆', longestKey, 'a\u0000b']) {
      const create = () => world.engine.goals.create({ companyId, title: 'Once' }, { idempotencyKey })
      const first = await create()
      expect((await create()).id).toBe(first.id)
    }
  },

  'a list gives every item once, page by page, in the same order': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const tasks = await Promise.all(Array.from({ length: 23 }, (_, index) => company.newTask({ title: `T ${index}` })))
    const whole = (await engine.tasks.list({ companyId: company.companyId, limit: 100 })).items.map(({ id }) => id)
    const pages: string[] = []
    for (let cursor: string | null | undefined = undefined; cursor !== null;) {
      const page: Awaited<ReturnType<typeof engine.tasks.list>> = await engine.tasks.list({
        companyId: company.companyId,
        limit: 5,
        ...(cursor && { cursor }),
      })
      pages.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(pages).toEqual(whole)
    expect(pages.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted())
  },
})

function nested(depth: number): JsonObject {
  let value: JsonObject = {}
  for (let level = 0; level < depth; level += 1) value = { value }
  return value
}
