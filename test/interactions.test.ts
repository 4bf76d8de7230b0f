import { describe, expect, it, onTestFinished } from 'vitest'

import { createFakeClock, until } from '@engine/testing'

import { createWorld, errorOf } from './support/engine.ts'
import { hold, newHeldTask, person, question } from './support/interactions.ts'
import { newStorage } from './support/storages.ts'

const item = (key: string) => ({ key, label: `The ${key}` })
const items = ['a', 'b', 'c'].map(item)
const rule = (message: string) => ({ code: 'rule_violated', message: expect.stringContaining(message) })

describe.each(['sqlite', 'postgres'])('what people are asked, on %s', (database) => {
  async function open() {
    const clock = createFakeClock(Date.UTC(2026, 5, 1))
    const world = await createWorld({ storage: await newStorage(database), agentMode: 'manual', clock })
    onTestFinished(() => world.engine.stop())
    const task = await world.engine.tasks.create({ companyId: world.companyId, title: 'Move', assigneeAgentId: world.agentId })
    const ask = world.engine.interactions.ask
    return { ...world, clock, taskId: task.id, ask, admin: person(world, 'admin'), reviewer: person(world, 'reviewer') }
  }

  it('a question is answered by a choice, in words, or both, and says who answered', async () => {
    const { taskId, ask, reviewer, engine } = await open()
    const asked = await ask({ taskId, ask: question })
    expect(asked).toMatchObject({ taskId, kind: 'question', ask: question, status: 'pending', answerer: 'anyone', waits: false })
    expect(asked).toMatchObject({ askedBy: { kind: 'system', runId: null }, answer: null, answeredBy: null, answeredAt: null })
    const answered = await reviewer.interactions.answer({ interactionId: asked.id, choice: 'pg', text: 'The one we have.' })
    expect(answered).toMatchObject({ status: 'answered', answer: { choice: 'pg', text: 'The one we have.' } })
    expect(answered).toMatchObject({
      answeredBy: { kind: 'user', id: 'reviewer' },
      answeredAt: expect.any(String),
      answeredInPlaceOf: null,
    })
    expect(await engine.interactions.get({ interactionId: asked.id })).toEqual(answered)
    const free = await ask({ taskId, ask: { kind: 'question', prompt: 'Why?' } })
    expect(await reviewer.interactions.answer({ interactionId: free.id, text: 'Because.' })).toMatchObject({ answer: { text: 'Because.' } })
  })

  it('a confirmation is accepted or rejected with the reason', async () => {
    const { taskId, ask, reviewer } = await open()
    const confirm = { kind: 'confirmation', prompt: 'Delete the old one?', details: '12 files' } as const
    const [first, second] = [await ask({ taskId, ask: confirm }), await ask({ taskId, ask: confirm })]
    expect(await reviewer.interactions.accept({ interactionId: first.id })).toMatchObject({ status: 'accepted', answer: {} })
    const rejected = await reviewer.interactions.reject({ interactionId: second.id, reason: 'Not yet' })
    expect(rejected).toMatchObject({ status: 'rejected', answer: { reason: 'Not yet' } })
  })

  it('checkboxes and verdicts take the answer that fits, and say what is wrong with another', async () => {
    const { taskId, ask, reviewer } = await open()
    const boxes = await ask({ taskId, ask: { kind: 'checkboxes', prompt: 'Which?', items, min: 1, max: 2 } })
    const judged = await ask({ taskId, ask: { kind: 'verdicts', prompt: 'Good?', items } })
    const check = (checked: string[]) => reviewer.interactions.answer({ interactionId: boxes.id, checked })
    const judge = (keys: string[]) =>
      reviewer.interactions.answer({ interactionId: judged.id, verdicts: keys.map((key) => ({ key, verdict: 'approve' as const })) })
    expect(await errorOf(check([]))).toMatchObject(rule('0 are checked, and 1 to 2 must be'))
    expect(await errorOf(check(['a', 'b', 'c']))).toMatchObject(rule('3 are checked'))
    expect(await errorOf(check(['d']))).toMatchObject(rule('there is no d; there are a, b, c'))
    expect(await errorOf(check(['a', 'a']))).toMatchObject(rule('a is there twice'))
    expect(await errorOf(judge(['a', 'b']))).toMatchObject(rule('there is none for c'))
    expect(await errorOf(judge(['a', 'b', 'c', 'c']))).toMatchObject(rule('c is there twice'))
    expect(await errorOf(reviewer.interactions.accept({ interactionId: boxes.id }))).toMatchObject(rule('answer it with checked'))
    expect(await errorOf(reviewer.interactions.answer({ interactionId: boxes.id, text: 'all' }))).toMatchObject(rule('list of checkboxes'))
    expect(await check(['c', 'a'])).toMatchObject({ status: 'answered', answer: { checked: ['c', 'a'] } })
    expect(await judge(['c', 'a', 'b'])).toMatchObject({ status: 'answered' })
  })

  it('suggested tasks that are accepted are created below the task, all or those that are named, with the acceptance', async () => {
    const world = await open()
    const { engine, companyId, agentId, taskId, ask } = world
    const tasks = [
      { key: 'plan', title: 'Plan it', priority: 'high' as const, acceptanceCriteria: ['It fits'] },
      { key: 'build', title: 'Build it', assigneeAgentId: agentId },
      { key: 'paint', title: 'Paint it' },
    ]
    const asked = await ask({ taskId, ask: { kind: 'suggested_tasks', prompt: 'So?', tasks } })
    const operator = person(world, 'operator')
    const interactionId = asked.id
    expect(await errorOf(operator.interactions.accept({ interactionId, keys: ['sell'] }))).toMatchObject(rule('there is no sell'))
    // Whoever may only review creates no tasks.
    expect(await errorOf(world.reviewer.interactions.accept({ interactionId }))).toMatchObject({ code: 'forbidden' })
    expect((await engine.tasks.list({ companyId })).items).toHaveLength(1)
    const accepted = await operator.interactions.accept({ interactionId, keys: ['build', 'plan'] })
    expect(accepted.answer?.tasks?.map(({ key }) => key)).toEqual(['plan', 'build'])
    const [plan, build] = await Promise.all((accepted.answer?.tasks ?? []).map((made) => engine.tasks.get({ taskId: made.taskId })))
    expect(plan).toMatchObject({ title: 'Plan it', parentId: taskId, priority: 'high', acceptanceCriteria: ['It fits'], requestDepth: 1 })
    expect(build).toMatchObject({ title: 'Build it', parentId: taskId, assigneeAgentId: agentId, origin: 'interaction' })
    expect(plan?.createdBy).toEqual({ kind: 'user', id: 'operator' })
    expect((await engine.tasks.list({ companyId })).items).toHaveLength(3)
  })

  it('a suggestion that nobody could accept is refused when it is made', async () => {
    const { engine, companyId, taskId, ask } = await open()
    const bob = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
    await engine.agents.terminate({ agentId: bob.id })
    const suggest = (assigneeAgentId: string, of = taskId) =>
      ask({ taskId: of, ask: { kind: 'suggested_tasks', prompt: 'So?', tasks: [{ key: 'a', title: 'A', assigneeAgentId }] } })
    expect(await errorOf(suggest(bob.id))).toMatchObject(rule('terminated'))
    expect(await errorOf(suggest('01890000-0000-7000-8000-000000000000'))).toMatchObject(rule('no agent'))
    let deepest = taskId
    for (let depth = 1; depth <= 8; depth += 1) {
      deepest = (await engine.tasks.create({ companyId, title: `At ${depth}`, parentId: deepest })).id
    }
    expect(await errorOf(suggest(bob.id, deepest))).toMatchObject(rule('8 requests down'))
  })

  it('the first answer wins, and the second is told who was first and when', async () => {
    const world = await open()
    const { id: interactionId } = await world.ask({ taskId: world.taskId, ask: question })
    const { answeredAt } = await world.reviewer.interactions.answer({ interactionId, choice: 'pg' })
    const attempts = [
      world.admin.interactions.answer({ interactionId, text: 'No' }),
      world.admin.interactions.accept({ interactionId }),
      world.admin.interactions.reject({ interactionId }),
      world.admin.interactions.cancel({ interactionId }),
    ]
    for (const error of await Promise.all(attempts.map((attempt) => errorOf(attempt)))) {
      expect(error).toMatchObject({ code: 'illegal_transition', kind: 'conflict' })
      expect(error.message).toContain(`answered by user reviewer at ${answeredAt}`)
      expect(error.details).toMatchObject({ from: 'answered', legal: [], answeredBy: { kind: 'user', id: 'reviewer' }, answeredAt })
    }
  })

  it('is answered by those who were asked only, and by admins in the place of one person', async () => {
    const world = await open()
    const { engine, companyId, taskId, ask } = world
    const mia = await engine.members.add({ companyId, name: 'Mia', role: 'reviewer' })
    const noa = await engine.members.add({ companyId, name: 'Noa', role: 'viewer' })
    const of = async (answerer: string) => (await ask({ taskId, ask: { kind: 'confirmation', prompt: 'OK?' }, answerer })).id
    const asMia = person(world, 'reviewer', mia.userId)
    const accept = (api: ReturnType<typeof person>, interactionId: string) => api.interactions.accept({ interactionId })
    const denied = { code: 'forbidden' }
    expect(await errorOf(accept(person(world, 'viewer'), await of('anyone')))).toMatchObject(denied)
    expect(await errorOf(accept(world.reviewer, await of('operator')))).toMatchObject({
      ...denied,
      message: expect.stringContaining('operator'),
    })
    expect(await errorOf(accept(person(world, 'operator'), await of('admin')))).toMatchObject(denied)
    expect(await errorOf(accept(person(world, 'operator'), await of(mia.userId)))).toMatchObject(denied)
    expect(await accept(person(world, 'operator'), await of('operator'))).toMatchObject({ status: 'accepted', answeredInPlaceOf: null })
    expect(await accept(asMia, await of(mia.userId))).toMatchObject({ answerer: mia.userId, answeredInPlaceOf: null })
    const forMia = await of(mia.userId)
    expect(await accept(world.admin, forMia)).toMatchObject({ answeredBy: { kind: 'user', id: 'admin' }, answeredInPlaceOf: mia.userId })
    const { items } = await engine.events.list({ companyId, limit: 100 })
    const told = items.find((event) => event.type === 'interaction.answered' && event.entity.id === forMia)
    expect(told?.data).toMatchObject({ status: 'accepted', inPlaceOf: mia.userId })
    expect(await errorOf(of(noa.userId))).toMatchObject(rule('Noa is a viewer'))
    expect(await errorOf(of('01890000-0000-7000-8000-000000000000'))).toMatchObject(rule('no active member'))
    const foreign = await engine.companies.create({ name: 'Other' })
    const theirs = await engine.members.add({ companyId: foreign.id, name: 'Theo', role: 'admin' })
    expect(await errorOf(of(theirs.userId))).toMatchObject(rule('no active member'))
  })

  it('agents and runs ask about their own, and never answer', async () => {
    const world = await open()
    const { engine, companyId, agentId, taskId } = world
    const bob = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
    const ada = engine.as({ kind: 'agent', id: agentId, companyId })
    const other = engine.as({ kind: 'agent', id: bob.id, companyId })
    const { id: interactionId, askedBy } = await ada.interactions.ask({ taskId, ask: question })
    expect(askedBy).toEqual({ kind: 'agent', id: agentId, runId: null })
    expect(await errorOf(other.interactions.ask({ taskId, ask: question }))).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(ada.interactions.ask({ taskId, ask: question, waits: true }))).toMatchObject(rule('only a run waits'))
    expect(await errorOf(other.interactions.cancel({ interactionId }))).toMatchObject({ code: 'forbidden' })
    const { api, runId } = await hold(engine, taskId)
    for (const caller of [ada, api]) {
      expect(await errorOf(caller.interactions.answer({ interactionId, choice: 'pg' }))).toMatchObject({ code: 'forbidden' })
    }
    expect((await api.interactions.ask({ taskId, ask: question })).askedBy).toEqual({ kind: 'agent', id: agentId, runId })
    expect(await api.interactions.cancel({ interactionId })).toMatchObject({
      status: 'cancelled',
      answeredBy: { kind: 'agent', id: agentId },
    })
    const byBoard = await world.admin.interactions.ask({ taskId, ask: question })
    expect(await errorOf(api.interactions.cancel({ interactionId: byBoard.id }))).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('only what its own agent asked'),
    })
    expect(await person(world, 'operator').interactions.cancel({ interactionId: byBoard.id })).toMatchObject({ status: 'cancelled' })
  })

  it('is listed by status, kind and task, page by page, and as what waits for the caller', async () => {
    const world = await open()
    const { engine, companyId, taskId, ask } = world
    const mia = await engine.members.add({ companyId, name: 'Mia', role: 'reviewer' })
    const other = await engine.tasks.create({ companyId, title: 'Other' })
    const confirm = { kind: 'confirmation', prompt: 'OK?' } as const
    const made = []
    for (const answerer of ['anyone', 'operator', 'admin', mia.userId]) made.push((await ask({ taskId, ask: question, answerer })).id)
    made.push((await ask({ taskId: other.id, ask: confirm })).id)
    const [anyone = '', operators = '', admins = '', mias = '', others = ''] = made
    await world.admin.interactions.cancel({ interactionId: admins })
    const idsOf = async (api: typeof engine.interactions, more: object) =>
      (await api.list({ companyId, ...more })).items.map((interaction) => interaction.id)
    const all = engine.interactions
    expect(await idsOf(all, {})).toEqual(made)
    expect(await idsOf(all, { status: 'cancelled' })).toEqual([admins])
    expect(await idsOf(all, { kind: 'confirmation' })).toEqual([others])
    expect(await idsOf(all, { taskId, status: 'pending' })).toEqual([anyone, operators, mias])
    const answerable = { answerable: true }
    expect(await idsOf(world.reviewer.interactions, answerable)).toEqual([anyone, others])
    expect(await idsOf(person(world, 'reviewer', mia.userId).interactions, answerable)).toEqual([anyone, mias, others])
    expect(await idsOf(person(world, 'operator').interactions, answerable)).toEqual([anyone, operators, others])
    expect(await idsOf(world.admin.interactions, answerable)).toEqual([anyone, operators, mias, others])
    expect(await idsOf(person(world, 'viewer').interactions, answerable)).toEqual([])
    expect(await idsOf(engine.as({ kind: 'agent', id: world.agentId, companyId }).interactions, answerable)).toEqual([])
    const first = await all.list({ companyId, limit: 3 })
    const second = await all.list({ companyId, limit: 3, cursor: first.nextCursor ?? '' })
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made)
    expect(second.nextCursor).toBeNull()
    expect((await engine.companies.dashboard({ companyId })).pendingInteractions).toEqual({ count: 4, isMore: false })
  })

  it('what is ill formed, too large or too much is refused', async () => {
    const { taskId, ask, engine, companyId } = await open()
    const invalid = { code: 'invalid_input' }
    const bad = [
      { ask: { ...question, choices: [item('a'), item('a')] } },
      { ask: { ...question, choices: [], allowsText: false } },
      { ask: { ...question, prompt: 'x'.repeat(10_001) } },
      { ask: { ...question, choices: [{ key: 'a', label: 'x'.repeat(501) }] } },
      { ask: { ...question, choices: Array.from({ length: 21 }, (_, index) => item(String(index))) } },
      { ask: { kind: 'checkboxes' as const, prompt: 'Which?', items, min: 4 } },
      { ask: { kind: 'verdicts' as const, prompt: 'Good?', items: Array.from({ length: 201 }, (_, index) => item(String(index))) } },
      { ask: { kind: 'confirmation' as const, prompt: 'OK?', details: 'é'.repeat(32_768) } },
      { ask: question, expiresInSec: 59 },
    ]
    for (const input of bad) expect(await errorOf(ask({ taskId, ...input }))).toMatchObject(invalid)
    const open20 = Array.from({ length: 20 }, () => ask({ taskId, ask: question }))
    const [first] = await Promise.all(open20)
    expect(await errorOf(ask({ taskId, ask: question }))).toMatchObject({
      ...rule('20 open questions'),
      details: { pending: 20, most: 20 },
    })
    await engine.interactions.cancel({ interactionId: first?.id ?? '' })
    await ask({ taskId, ask: question })
    const done = await engine.tasks.create({ companyId, title: 'Gone' })
    await engine.tasks.cancel({ taskId: done.id })
    expect(await errorOf(ask({ taskId: done.id, ask: question }))).toMatchObject(rule('cancelled'))
  })

  it('expires at its time, and not before; an answer that comes before it is ended counts', async () => {
    const { engine, taskId, ask, clock, reviewer, companyId } = await open()
    const now = clock.now()
    const at = (ms: number) => new Date(now + ms).toISOString()
    expect(await errorOf(ask({ taskId, ask: question, expiresAt: at(59_000) }))).toMatchObject(rule('60 seconds to 30 days'))
    expect(await errorOf(ask({ taskId, ask: question, expiresAt: at(31 * 86_400_000) }))).toMatchObject(rule('60 seconds to 30 days'))
    expect(await errorOf(ask({ taskId, ask: question, expiresAt: at(90_000), expiresInSec: 90 }))).toMatchObject(rule('not both'))
    const soon = await ask({ taskId, ask: question, expiresInSec: 60 })
    expect(soon.expiresAt).toBe(at(60_000))
    const later = await ask({ taskId, ask: question, expiresAt: `${at(120_000).slice(0, -1)}+00:00` })
    const never = await ask({ taskId, ask: question })
    const late = await ask({ taskId, ask: question, expiresInSec: 60 })
    await clock.advance(61_000)
    expect(await reviewer.interactions.answer({ interactionId: late.id, choice: 'pg' })).toMatchObject({ status: 'answered' })
    await engine.start()
    const ended = await until(
      () => engine.interactions.get({ interactionId: soon.id }),
      ({ status }) => status !== 'pending',
    )
    expect(ended).toMatchObject({ status: 'expired', answer: null, answeredBy: null, answeredAt: at(61_000) })
    expect(await errorOf(reviewer.interactions.answer({ interactionId: soon.id, choice: 'pg' }))).toMatchObject({
      code: 'illegal_transition',
      details: { from: 'expired', answeredBy: null },
    })
    const statuses = async () => (await engine.interactions.list({ companyId })).items.map(({ id, status }) => [id, status])
    expect(await statuses()).toEqual([
      [soon.id, 'expired'],
      [later.id, 'pending'],
      [never.id, 'pending'],
      [late.id, 'answered'],
    ])
    await engine.stop()
  })

  it('is expired by nobody before its time, nor after its answer', async () => {
    const { engine, companyId, taskId, ask, clock, reviewer } = await open()
    const expire = (...interactionIds: string[]) =>
      engine.execute('interactions.expire', { input: { companyId, interactionIds }, actor: { kind: 'system', id: 'system' } })
    const [early, answered] = [
      await ask({ taskId, ask: question, expiresInSec: 60 }),
      await ask({ taskId, ask: question, expiresInSec: 60 }),
    ]
    await reviewer.interactions.answer({ interactionId: answered.id, choice: 'pg' })
    expect(await expire(early.id, answered.id)).toEqual({ expired: 0 })
    await clock.advance(60_000)
    expect(await expire(early.id, answered.id)).toEqual({ expired: 1 })
    expect((await engine.interactions.get({ interactionId: answered.id })).status).toBe('answered')
    expect(await errorOf(reviewer.interactions.expire({ companyId, interactionIds: [early.id] }))).toMatchObject({ code: 'forbidden' })
  })

  it('those of an archived company stay as they are, and do not hold up others', async () => {
    const { engine, companyId, taskId, ask, clock } = await open()
    const kept = await ask({ taskId, ask: question, expiresInSec: 60 })
    await engine.companies.archive({ companyId })
    expect(await errorOf(ask({ taskId, ask: question }))).toMatchObject(rule('archived'))
    expect(await errorOf(engine.interactions.answer({ interactionId: kept.id, choice: 'pg' }))).toMatchObject(rule('archived'))
    const other = await engine.companies.create({ name: 'Other' })
    const theirs = await engine.tasks.create({ companyId: other.id, title: 'Theirs' })
    const due = await ask({ taskId: theirs.id, ask: question, expiresInSec: 60 })
    await clock.advance(61_000)
    await engine.start()
    await until(
      () => engine.interactions.get({ interactionId: due.id }),
      ({ status }) => status === 'expired',
    )
    expect((await engine.interactions.get({ interactionId: kept.id })).status).toBe('pending')
  })

  it('the agent of the task is told of what was asked and answered, newest last', async () => {
    const world = await open()
    const { taskId, ask, reviewer, engine } = world
    expect((await engine.tasks.context({ taskId })).interactions).toEqual([])
    const made = []
    for (let number = 0; number < 51; number += 1) {
      const { id } = await ask({ taskId, ask: { kind: 'question', prompt: `Question ${number}` } })
      if (number < 50) await reviewer.interactions.answer({ interactionId: id, text: `Answer ${number}` })
      made.push(id)
    }
    const { interactions } = await engine.tasks.context({ taskId })
    expect(interactions.map(({ id }) => id)).toEqual(made.slice(1))
    expect(interactions[0]).toMatchObject({ kind: 'question', prompt: 'Question 1', status: 'answered', answer: { text: 'Answer 1' } })
    expect(interactions[0]).toMatchObject({ answeredBy: 'user:reviewer', answeredAt: expect.any(String) })
    expect(interactions.at(-1)).toMatchObject({ status: 'pending', answer: null, answeredBy: null })
  })

  it('wakes the agent of the task with the answer when nobody waits for it, but not by its own cancellation', async () => {
    const world = await open()
    const { engine, companyId } = world
    const auto = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
    const held = await newHeldTask({ engine, companyId, agentId: auto.id })
    const runs = async () =>
      (await engine.runs.list({ companyId, taskId: held.taskId, status: 'queued' })).items.map(({ wakeReasons }) => wakeReasons)
    const before = await runs()
    const [first, second] = [
      await held.api.interactions.ask({ taskId: held.taskId, ask: question }),
      await held.api.interactions.ask({ taskId: held.taskId, ask: question }),
    ]
    await held.api.interactions.cancel({ interactionId: second.id })
    expect(await runs()).toEqual(before)
    await world.reviewer.interactions.answer({ interactionId: first.id, choice: 'pg' })
    expect((await runs()).flat()).toContain('answer')
    expect(await runs()).toHaveLength(1)
  })
})
