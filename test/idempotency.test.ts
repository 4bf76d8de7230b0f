import { join } from 'node:path'

import { afterEach, expect, it } from 'vitest'

import { sqlite } from '@engine/storage-sqlite'

import { board, createWorld, dump, errorOf, type World } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

let world: World

afterEach(async () => {
  await world.engine.stop()
})

it('the same key with the same request has one effect and one answer, also at the same time', async () => {
  world = await createWorld({ storage: sqlite(join(temporaryFolder(), 'engine.db')) })
  const { engine, companyId } = world
  for (let round = 0; round < 20; round += 1) {
    const create = () => engine.tasks.create({ companyId, title: `Once ${round}` }, { idempotencyKey: `key-${round}` })
    const answers = await Promise.all(Array.from({ length: 8 }, create))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  }
  expect((await engine.tasks.list({ companyId, limit: 100 })).items).toHaveLength(20)
})

it('the same key with another request is refused', async () => {
  world = await createWorld()
  const { engine, companyId } = world
  await engine.tasks.create({ companyId, title: 'One' }, { idempotencyKey: 'k' })
  expect(await errorOf(engine.tasks.create({ companyId, title: 'Two' }, { idempotencyKey: 'k' }))).toMatchObject({
    code: 'idempotency_mismatch',
    kind: 'rule',
  })
})

it('a key belongs to one actor, one command and one company', async () => {
  world = await createWorld()
  const { engine, companyId } = world
  const key = { idempotencyKey: 'k' }
  const mine = await engine.tasks.create({ companyId, title: 'One' }, key)
  const theirs = await engine.as(board).tasks.create({ companyId, title: 'One' }, key)
  expect(theirs.id).not.toBe(mine.id)
  await engine.goals.create({ companyId, title: 'One' }, key)
})

it('a key that founded a company gives the same company again', async () => {
  world = await createWorld()
  const create = () => world.engine.companies.create({ name: 'New' }, { idempotencyKey: 'k' })
  expect(await create()).toEqual(await create())
})

it('a failed request leaves its key free', async () => {
  world = await createWorld()
  const { engine, companyId } = world
  const request = { companyId, title: 'Later', blockedBy: ['ACM-1'] }
  expect(await errorOf(engine.tasks.create(request, { idempotencyKey: 'k' }))).toMatchObject({ code: 'rule_violated' })
  await engine.tasks.create({ companyId, title: 'First' })
  expect((await engine.tasks.create(request, { idempotencyKey: 'k' })).title).toBe('Later')
})

it('a checkout can be repeated after a lost answer: same run, same credential, and the database shows none', async () => {
  const file = join(temporaryFolder(), 'engine.db')
  world = await createWorld({ storage: sqlite(file), agentMode: 'manual' })
  const { engine, companyId, agentId } = world
  const task = await engine.tasks.create({ companyId, title: 'T', assigneeAgentId: agentId })
  const checkout = () => engine.tasks.checkout({ taskId: task.id }, { idempotencyKey: 'my secret key' })
  const first = await checkout()
  expect(await checkout()).toEqual(first)
  expect(first.credential).toMatch(/^eng_run_.{43}$/)
  const contents = dump(file)
  expect(contents).not.toContain(first.credential)
  expect(contents).not.toContain('my secret key')
})
