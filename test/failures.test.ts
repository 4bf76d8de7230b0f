import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'

import { createEngine, systemActor, type Engine, type EngineOptions, type Storage } from '@engine/core'
import { createFakeClock, createRandom, ends, inTurn, witness, type Script, type ScriptedAdapter } from '@engine/testing'

import { failRun } from './support/breakers.ts'
import { board, errorOf, scriptedAdapter, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'
import { readLog } from './torture/support/company.ts'

type Outcome = Awaited<ReturnType<Script>>

const hourMs = 3_600_000
const overloaded = { kind: 'failed', class: 'overloaded', message: 'SECOND THOUGHTS OF A PROVIDER' } as const
const serverError = { kind: 'failed', class: 'transient', message: 'it answered 500', isProviderFault: true } as const
const settings = { pollMs: 20, sweepMs: 20, retryBaseMs: 1, cooldownBaseMs: 1, stopGraceMs: 500 }

/** An adapter whose agents name the server that they depend on. */
function hostedAdapter(): ScriptedAdapter {
  const adapter = scriptedAdapter({ type: 'hosted' })
  return Object.assign(adapter, {
    configSchema: z.strictObject({ server: z.string() }),
    provider: ({ server }: { server?: unknown }) => (typeof server === 'string' ? server : null),
  })
}

interface Scene {
  readonly engine: Engine
  readonly main: ScriptedAdapter
  readonly spare: ScriptedAdapter
  readonly companyId: string
  hire(name: string, more?: object): Promise<string>
  give(agentId: string, more?: object): Promise<string>
  another(): Promise<Engine>
  /** Lets all cooldowns be over, as if their time had passed. */
  cooled(): Promise<void>
}

type Options = Partial<Pick<EngineOptions, 'settings' | 'clock' | 'random'>>

async function open(database: string, options: Options = {}): Promise<Scene> {
  const adapters = [scriptedAdapter({ type: 'main' }), scriptedAdapter({ type: 'spare' }), hostedAdapter()] as const
  const storage = await newStorage(database)
  const opened = async (on: Storage) => {
    const engine = await createEngine({
      adapters,
      checksOutputs: true,
      random: () => 0.5,
      ...options,
      storage: on,
      settings: { ...settings, ...options.settings },
    })
    onTestFinished(() => engine.stop())
    return engine
  }
  const engine = await opened(storage)
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  return {
    engine,
    main: adapters[0],
    spare: adapters[1],
    companyId,
    hire: async (name, more = {}) => (await engine.agents.create({ companyId, name, role: 'writer', adapterType: 'main', ...more })).id,
    give: async (assigneeAgentId, more = {}) => (await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId, ...more })).id,
    another: () => opened(storage),
    cooled: () =>
      storage.watch
        .query(`update ${storage.watch.table('breakers')} set cools_until = ? where status = 'open'`, ['2001-01-01T00:00:00.000Z'])
        .then(() => undefined),
  }
}

const runsOf = async ({ engine, companyId }: Scene, taskId: string) => (await engine.runs.list({ companyId, taskId })).items
const breakersOf = async ({ engine, companyId }: Scene) => (await engine.breakers.list({ companyId })).items
const reaches = ({ engine }: Scene, taskId: string, status: string) =>
  until(
    () => engine.tasks.get({ taskId }),
    (task) => task.status === status,
  )
const opens = (scene: Scene) =>
  until(
    () => breakersOf(scene),
    ([breaker]) => breaker?.status === 'open',
  )
const typesOf = async ({ engine, companyId }: Scene, prefix: string) =>
  (await readLog(engine, companyId)).map(({ type }) => type).filter((type) => type.startsWith(prefix))

async function expectSound({ engine, companyId }: Scene): Promise<void> {
  expect((await engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  expect(witness(await readLog(engine, companyId))).toEqual([])
}

/** Claims all queued runs at the same moment. @returns what each was answered: the id of its run, or a code */
async function claimAll(scene: Scene, engines: readonly Engine[]): Promise<string[]> {
  const { items } = await scene.engine.runs.list({ companyId: scene.companyId, status: 'queued' })
  const claims = items.map(({ id: runId }, index) => claim(engines[index % engines.length] ?? scene.engine, runId))
  return Promise.all(claims)
}

async function claim(engine: Engine, runId: string): Promise<string> {
  const request = { input: { runId, workerId: 'worker' }, actor: systemActor }
  return engine.execute('runs.claim', request).then(
    () => runId,
    (error: unknown) => String(Object(error).code),
  )
}

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  describe('a provider that lets nobody work', () => {
    it('is left alone, burns no attempt, and its work goes on by itself when it works again', async () => {
      const scene = await open(database)
      const { engine, main, companyId } = scene
      main.script = inTurn(ends(overloaded), ends(overloaded), ends({ kind: 'done' }))
      const taskId = await scene.give(await scene.hire('Ada'), { maxAttempts: 1 })
      await engine.start()
      await reaches(scene, taskId, 'done')
      const runs = await runsOf(scene, taskId)
      expect(runs.map(({ status, attempt, adapter }) => [status, attempt, adapter?.reason])).toEqual([
        ['failed', 1, 'first_choice'],
        ['failed', 1, 'probe'],
        ['succeeded', 1, 'probe'],
      ])
      const told = ['breaker.opened', 'breaker.probed', 'breaker.opened', 'breaker.probed', 'breaker.closed']
      expect(await typesOf(scene, 'breaker.')).toEqual(told)
      const nothing = { failures: 0, failureClass: null, reason: null, openedAt: null, until: null, probeRunId: null }
      expect(await breakersOf(scene)).toMatchObject([{ adapterType: 'main', provider: null, status: 'closed', ...nothing }])
      // What went wrong is nobody's to read but people's, and no work was made of it.
      expect(JSON.stringify(main.turns.map(({ context }) => context))).not.toContain(overloaded.message)
      expect((await engine.tasks.list({ companyId })).items).toHaveLength(1)
      await expectSound(scene)
    })

    it('is seen by people: why nothing starts there, and until when', async () => {
      const scene = await open(database)
      const { engine, main, companyId } = scene
      main.script = ends({ ...overloaded, class: 'quota', retryAfterMs: hourMs })
      const taskId = await scene.give(await scene.hire('Ada'))
      await engine.start()
      const [breaker] = await opens(scene)
      expect(breaker).toMatchObject({ adapterType: 'main', failureClass: 'quota', reason: overloaded.message, failures: 1 })
      expect(Date.parse(breaker?.until ?? '')).toBeGreaterThan(Date.now() + hourMs - 60_000)
      expect(await engine.breakers.get({ breakerId: breaker?.id ?? '' })).toEqual(breaker)
      expect((await engine.companies.dashboard({ companyId })).openBreakers).toEqual({ count: 1, isMore: false })
      expect((await engine.breakers.list({ companyId, status: 'closed' })).items).toEqual([])
      expect(await engine.tasks.get({ taskId })).toMatchObject({ status: 'todo', blocked: null })
      expect((await runsOf(scene, taskId)).at(-1)).toMatchObject({ status: 'queued', attempt: 1 })
    })

    it('delays nobody who depends on another one, however urgent what waits for it is', async () => {
      const scene = await open(database, { settings: { maxConcurrentRuns: 1 } })
      const { engine, main, companyId } = scene
      main.script = ends({ ...overloaded, retryAfterMs: hourMs })
      const bob = await scene.hire('Bob', { adapterType: 'spare' })
      // More than one look finds ahead of what there is room for.
      for (let count = 0; count < 20; count += 1) await scene.give(await scene.hire(`Ada ${count}`), { priority: 'critical' })
      await engine.start()
      await opens(scene)
      // Together: one that comes while nothing else is under way is claimed without a look at what waits.
      const given = await Promise.all(Array.from({ length: 5 }, () => scene.give(bob, { priority: 'low' })))
      for (const taskId of given) await reaches(scene, taskId, 'done')
      expect(main.turns).toHaveLength(1)
      expect((await engine.tasks.list({ companyId, status: 'todo', priority: 'critical' })).items).toHaveLength(20)
    })

    it('is tried by one run of all that wait, wherever they are claimed', async () => {
      const scene = await open(database)
      const { engine } = scene
      const engines = database === 'postgres' ? [engine, await scene.another()] : [engine]
      for (const name of ['Ada', 'Bob', 'Cay']) {
        const agentId = await scene.hire(name)
        for (let count = 0; count < 3; count += 1) await scene.give(agentId)
      }
      await openByHand(scene)
      expect(new Set(await claimAll(scene, engines))).toEqual(new Set(['adapter_cooling']))
      for (let round = 0; round < 3; round += 1) {
        await scene.cooled()
        const answers = await claimAll(scene, engines)
        const [probe, ...others] = answers.filter((answer) => answer !== 'adapter_cooling')
        expect(others).toEqual([])
        expect(await breakersOf(scene)).toMatchObject([{ status: 'half_open', probeRunId: probe }])
        // A probe that was cancelled says nothing, and the next one may try at once.
        await engine.runs.cancel({ runId: probe ?? '' })
        expect(await breakersOf(scene)).toMatchObject([{ status: 'open', failures: 1, probeRunId: null }])
      }
      await expectSound(scene)
    })

    it('is tried once for each time that it cooled, for as long as it takes', { timeout: 60_000 }, async () => {
      const scene = await open(database, { settings: { cooldownBaseMs: 24 * hourMs, cooldownCapMs: 24 * hourMs } })
      const { engine, main } = scene
      const tasks = []
      for (const name of ['Ada', 'Bob', 'Cay']) tasks.push(await scene.give(await scene.hire(name), { maxAttempts: 1 }))
      main.script = ends({ ...overloaded })
      await openByHand(scene)
      await engine.start()
      for (let probes = 1; probes <= 12; probes += 1) {
        await scene.cooled()
        await until(
          () => breakersOf(scene),
          ([breaker]) => breaker?.failures === probes + 1,
        )
        expect(main.turns).toHaveLength(probes)
      }
      main.script = ends({ kind: 'done' })
      await scene.cooled()
      for (const taskId of tasks) await reaches(scene, taskId, 'done')
      for (const taskId of tasks) expect((await runsOf(scene, taskId)).map(({ attempt }) => attempt)).not.toContain(2)
      await expectSound(scene)
    })

    it('is told from others of the same adapter by its name', async () => {
      const scene = await open(database)
      const { engine } = scene
      const hosted = { adapterType: 'hosted', adapterConfig: { server: 'one.example' } }
      const [ada, bob] = [await scene.hire('Ada', hosted), await scene.hire('Bob', { ...hosted, adapterConfig: { server: 'two.example' } })]
      const [first, second] = [await scene.give(ada), await scene.give(bob)]
      const [run] = await runsOf(scene, first)
      await failRun(engine, run?.id ?? '')
      expect(await breakersOf(scene)).toMatchObject([{ adapterType: 'hosted', provider: 'one.example', status: 'open' }])
      await engine.start()
      await reaches(scene, second, 'done')
    })

    it('is believed to work by whoever says so, and opens again with the first failure', async () => {
      const scene = await open(database)
      const { engine, main, companyId } = scene
      main.script = ends({ ...overloaded, retryAfterMs: hourMs })
      const taskId = await scene.give(await scene.hire('Ada'))
      await engine.start()
      const [breaker] = await opens(scene)
      const breakerId = breaker?.id ?? ''
      const operator = engine.as({ kind: 'user', id: 'op', roles: { [companyId]: 'operator' } })
      expect(await errorOf(operator.breakers.close({ breakerId }))).toMatchObject({ code: 'forbidden' })
      main.script = inTurn(ends({ ...overloaded, retryAfterMs: hourMs }), ends({ kind: 'done' }))
      await engine.as(board).breakers.close({ breakerId })
      await opens(scene)
      expect(main.turns).toHaveLength(2)
      await engine.as(board).breakers.close({ breakerId })
      await reaches(scene, taskId, 'done')
      expect(await engine.as(board).breakers.close({ breakerId })).toMatchObject({ status: 'closed' })
      expect((await readLog(engine, companyId)).filter(({ type }) => type === 'breaker.closed')).toHaveLength(2)
    })

    it('is tried again by the next run when the one that tried was lost', async () => {
      const scene = await open(database, { settings: { leaseMs: 1 } })
      const { engine } = scene
      await scene.give(await scene.hire('Ada'))
      await openByHand(scene)
      await scene.cooled()
      const [probe = ''] = await claimAll(scene, [engine])
      await until(
        () => engine.execute('runs.sweep', { input: { runId: probe }, actor: systemActor }),
        (run) => Object(run).status === 'lost',
      )
      expect(await breakersOf(scene)).toMatchObject([{ status: 'open', probeRunId: null }])
      expect(await claimAll(scene, [engine])).not.toContain('adapter_cooling')
    })

    it('works for all when the run that tries it has a question', async () => {
      const scene = await open(database)
      const { engine, main } = scene
      main.script = ends({ kind: 'waiting', interaction: { ask: { kind: 'question', prompt: 'Why?' } } })
      const taskId = await scene.give(await scene.hire('Ada'))
      await openByHand(scene)
      await scene.cooled()
      await engine.start()
      await reaches(scene, taskId, 'blocked')
      expect(await breakersOf(scene)).toMatchObject([{ status: 'closed' }])
    })
  })

  describe('the adapters of an agent', () => {
    const fallbacks = [{ adapterType: 'spare', adapterConfig: {} }]

    it('take over in their order while the provider of the one before them is left alone', async () => {
      const scene = await open(database)
      const { engine, main, companyId } = scene
      main.script = ends({ ...overloaded, retryAfterMs: hourMs })
      const ada = await scene.hire('Ada', { fallbacks })
      const taskId = await scene.give(ada, { maxAttempts: 1 })
      await engine.start()
      await reaches(scene, taskId, 'done')
      const used = (await runsOf(scene, taskId)).map(({ attempt, adapter }) => [attempt, adapter?.type, adapter?.place, adapter?.reason])
      expect(used).toEqual([
        [1, 'main', 'own', 'first_choice'],
        [1, 'spare', 'fallback_1', 'cooling'],
      ])
      const started = (await readLog(engine, companyId)).flatMap((event) => (event.type === 'run.started' ? [event.data.adapterType] : []))
      expect(started).toEqual(['main', 'spare'])
      const next = await scene.give(ada)
      await reaches(scene, next, 'done')
      expect((await runsOf(scene, next)).map(({ adapter }) => adapter?.type)).toEqual(['spare'])
    })

    it('go on with no conversation but their own', async () => {
      const scene = await open(database)
      const { engine, main, spare } = scene
      const leaves =
        (of: string, outcome: Outcome): Script =>
        async (turn) => {
          await turn.emit({ type: 'session', state: { of } })
          return outcome
        }
      main.script = inTurn(leaves('main', { ...overloaded, retryAfterMs: hourMs }), ends({ kind: 'done' }))
      spare.script = leaves('spare', { kind: 'blocked', reason: 'no key' })
      const taskId = await scene.give(await scene.hire('Ada', { fallbacks }))
      await engine.start()
      await reaches(scene, taskId, 'blocked')
      const [breaker] = await breakersOf(scene)
      await engine.breakers.close({ breakerId: breaker?.id ?? '' })
      await engine.runs.retry({ runId: (await runsOf(scene, taskId))[0]?.id ?? '' })
      await reaches(scene, taskId, 'done')
      expect([...main.turns, ...spare.turns].map(({ session }) => session)).toEqual([null, null, null])
    })

    it('take over in the next attempt after a failure that another one may not have', async () => {
      const scene = await open(database)
      const { engine, main, spare } = scene
      main.script = ends({ kind: 'failed', class: 'transient', message: 'broke' })
      spare.script = inTurn(ends({ kind: 'failed', class: 'transient', message: 'broke' }), ends({ kind: 'done' }))
      const taskId = await scene.give(await scene.hire('Ada', { fallbacks }), { maxAttempts: 4 })
      await engine.start()
      await reaches(scene, taskId, 'done')
      const used = (await runsOf(scene, taskId)).map(({ attempt, adapter }) => [attempt, adapter?.type, adapter?.reason])
      expect(used).toEqual([
        [1, 'main', 'first_choice'],
        [2, 'spare', 'failed_before'],
        [3, 'main', 'first_choice'],
        [4, 'spare', 'failed_before'],
      ])
    })

    it('are the cheap profile first where the task prefers it, and the own one when that is left alone', async () => {
      const scene = await open(database)
      const { engine, companyId, spare } = scene
      const ada = await scene.hire('Ada', { profiles: { cheap: { adapterType: 'spare', adapterConfig: {} } } })
      const [dear, cheap] = [await scene.give(ada, { status: 'backlog' }), await scene.give(ada, { status: 'backlog' })]
      await engine.preferences.set({ companyId, scope: 'task', scopeId: cheap, key: 'agent.profile', value: 'cheap' })
      await engine.start()
      for (const taskId of [dear, cheap]) await engine.tasks.update({ taskId, status: 'todo' })
      for (const taskId of [dear, cheap]) await reaches(scene, taskId, 'done')
      const adapterOf = async (taskId: string) => (await runsOf(scene, taskId)).map(({ adapter }) => adapter)
      expect(await adapterOf(dear)).toMatchObject([{ type: 'main', place: 'own', reason: 'first_choice' }])
      expect(await adapterOf(cheap)).toMatchObject([{ type: 'spare', place: 'cheap', reason: 'profile' }])
      spare.script = ends({ ...overloaded, retryAfterMs: hourMs })
      await engine.preferences.set({ companyId, scope: 'agent', scopeId: ada, key: 'agent.profile', value: 'cheap' })
      const next = await scene.give(ada)
      await reaches(scene, next, 'done')
      expect((await adapterOf(next)).map((adapter) => [adapter?.type, adapter?.reason])).toEqual([
        ['spare', 'profile'],
        ['main', 'cooling'],
      ])
    })
  })

  it('a task that prefers the cheap profile starts there though the own provider of its agent is left alone, and no other does', async () => {
    const scene = await open(database, { settings: { ...settings, cooldownBaseMs: 3_600_000 } })
    const { engine, main, spare, companyId } = scene
    main.script = ends(overloaded)
    const agentId = await scene.hire('Ada', { profiles: { cheap: { adapterType: 'spare', adapterConfig: {} } } })
    const first = await scene.give(agentId)
    await engine.start()
    await opens(scene)
    const other = await scene.give(agentId)
    const project = await engine.projects.create({ companyId, name: 'Small things' })
    await engine.preferences.set({ companyId, scope: 'project', scopeId: project.id, key: 'agent.profile', value: 'cheap' })
    const cheap = await scene.give(agentId, { projectId: project.id })
    await reaches(scene, cheap, 'done')
    expect(spare.turns.map(({ context }) => context.task.id)).toEqual([cheap])
    expect((await runsOf(scene, cheap)).map(({ adapter }) => adapter)).toMatchObject([{ type: 'spare', place: 'cheap', reason: 'profile' }])
    for (const taskId of [first, other]) expect((await engine.tasks.get({ taskId })).status).toBe('todo')
    await expectSound(scene)
  })

  describe('a provider that fails by itself', () => {
    it('is left alone when it failed the work of a second task, and burns no attempt from then on', async () => {
      // The first task, which is the older one, must not come back before the second was tried.
      const scene = await open(database, { settings: { retryBaseMs: 500 } })
      const { engine, main } = scene
      main.script = inTurn(ends(serverError), ends(serverError), ends(serverError), ends({ kind: 'done' }))
      const agentId = await scene.hire('Ada')
      const tasks = [await scene.give(agentId, { maxAttempts: 2 }), await scene.give(agentId, { maxAttempts: 2 })]
      await engine.start()
      for (const taskId of tasks) await reaches(scene, taskId, 'done')
      const classes = (await Promise.all(tasks.map((taskId) => runsOf(scene, taskId)))).flat().map(({ errorClass }) => errorClass)
      expect(classes.filter((failure) => failure === 'transient')).toHaveLength(1)
      expect(classes.filter((failure) => failure === 'overloaded')).toHaveLength(2)
      expect((await typesOf(scene, 'breaker.')).slice(0, 2)).toEqual(['breaker.opened', 'breaker.probed'])
      await expectSound(scene)
    })

    it.each<[string, (scene: Scene) => Promise<readonly Outcome[]>]>([
      ['a single task', async () => []],
      ['two tasks, with work that was done between', async () => [{ kind: 'done' }]],
      ['two tasks, with an answer between', async () => [{ kind: 'failed', class: 'refused', message: 'no' }]],
    ])('is not, where it failed %s', async (_, between) => {
      const scene = await open(database)
      const agentId = await scene.hire('Ada', { maxConcurrentRuns: 10 })
      const outcomes = await between(scene)
      const first = await scene.give(agentId)
      await failNext(scene, first, serverError)
      await failNext(scene, first, serverError)
      for (const outcome of outcomes) {
        await failNext(scene, await scene.give(agentId), outcome)
        await failNext(scene, await scene.give(agentId), serverError)
      }
      expect(await breakersOf(scene)).toMatchObject([{ status: 'closed', failures: 0, failureClass: null }])
      const classes = (await scene.engine.runs.list({ companyId: scene.companyId, status: 'failed' })).items.map(
        ({ errorClass }) => errorClass,
      )
      expect(classes.filter((failure) => failure === 'overloaded')).toEqual([])
      // It is seen as soon as another one comes.
      await failNext(scene, await scene.give(agentId), serverError)
      expect(await breakersOf(scene)).toMatchObject([
        { status: 'open', failures: 1, failureClass: 'overloaded', reason: expect.stringContaining('500') },
      ])
      await expectSound(scene)
    })

    it.each([
      ['of one agent', 1],
      ['of several agents', 3],
    ])('is tried by what has waited longest, so that urgent tasks %s that always fail so hold up no other for ever', async (_, agents) => {
      const scene = await open(database, { settings: { ...settings, cooldownCapMs: 5 } })
      const { engine, main } = scene
      const staff = await Promise.all(Array.from({ length: agents }, (_, index) => scene.hire(`Agent ${index}`)))
      const give = (index: number, more: object) => scene.give(staff[index % agents] ?? '', more)
      main.script = async ({ context }) => (context.task.title === 'Doomed' ? serverError : { kind: 'done' })
      // So many that there is always one that could try.
      for (let index = 0; index < 8; index += 1) await give(index, { title: 'Doomed', priority: 'critical' })
      await engine.start()
      await opens(scene)
      const others = await Promise.all([8, 9, 10].map((index) => give(index, { priority: 'low' })))
      for (const taskId of others) await reaches(scene, taskId, 'done')
      await expectSound(scene)
    })

    it('is tried in the turn of the most urgent that waits for it, also by work that is less urgent than all else', async () => {
      const scene = await open(database, { settings: { ...settings, maxConcurrentRuns: 1, cooldownBaseMs: hourMs } })
      const { engine, main, spare } = scene
      main.script = ends({ kind: 'done' })
      spare.script = ends({ kind: 'done' })
      const [ada, bob] = [await scene.hire('Ada'), await scene.hire('Bob', { adapterType: 'spare' })]
      const low = await scene.give(ada, { priority: 'low' })
      await failNext(scene, low, overloaded)
      const urgent = await scene.give(ada, { priority: 'critical' })
      for (let count = 0; count < 60; count += 1) await scene.give(bob)
      await scene.cooled()
      await engine.start()
      await reaches(scene, urgent, 'done')
      expect((await runsOf(scene, low)).find(({ status }) => status === 'succeeded')).toMatchObject({ adapter: { reason: 'probe' } })
      // What one look found ahead goes before the next look.
      expect(spare.turns.length).toBeLessThan(40)
    })

    it('blocks the only task that there is when its attempts are used up', async () => {
      const scene = await open(database)
      scene.main.script = ends(serverError)
      const taskId = await scene.give(await scene.hire('Ada'))
      await scene.engine.start()
      await reaches(scene, taskId, 'blocked')
      expect(scene.main.turns).toHaveLength(3)
    })
  })

  describe('an agent that goes in circles', () => {
    it('is not started a sixth time within the hour: the task is blocked, with one incident', async () => {
      const scene = await open(database)
      const { engine, main, companyId } = scene
      main.script = ends({ kind: 'continue', afterMs: 0 })
      const taskId = await scene.give(await scene.hire('Ada'))
      await engine.start()
      const { blocked } = await reaches(scene, taskId, 'blocked')
      expect(blocked).toMatchObject({
        owner: 'operator',
        reason: expect.stringContaining('again and again within an hour for the same reason (timer)'),
      })
      // The first was for its assignment, five for their timer; the sixth of those was cancelled before it began.
      const runs = await runsOf(scene, taskId)
      expect(runs.map(({ wakeReasons, status }) => [wakeReasons.join(), status])).toEqual([
        ['assignment', 'succeeded'],
        ...Array.from({ length: 5 }, () => ['timer', 'succeeded']),
        ['timer', 'cancelled'],
      ])
      expect(await typesOf(scene, 'task.runaway')).toEqual(['task.runaway_detected'])
      expect((await engine.tasks.list({ companyId })).items).toHaveLength(1)
      await expectSound(scene)
      // Somebody lets it go on: it has as much again.
      await engine.runs.retry({ runId: runs.at(-1)?.id ?? '' })
      await until(
        () => typesOf(scene, 'task.runaway'),
        (told) => told.length === 2,
      )
      expect(main.turns).toHaveLength(12)
    })

    it('is none that its task comes further by', async () => {
      const scene = await open(database)
      const { engine, main } = scene
      main.script = ends({ kind: 'blocked', reason: 'no key' })
      const taskId = await scene.give(await scene.hire('Ada'))
      await engine.start()
      for (let round = 1; round <= 8; round += 1) {
        await until(
          () => main.turns.length,
          (turns) => turns === round,
        )
        await reaches(scene, taskId, 'blocked')
        await engine.tasks.update({ taskId, status: 'todo' })
      }
      expect(await typesOf(scene, 'task.runaway')).toEqual([])
    })
  })
})

describe('an outage of a day', () => {
  it.each([
    ['that says so', overloaded, 0],
    // Until the work of a second task ends so, it may be the first one's bad luck.
    ['that answers 500 only', serverError, 1],
  ])(
    '%s costs no runs but a few that try, no attempt more, and nothing to do when it is over',
    { timeout: 120_000 },
    async (_, outage, burned) => {
      const clock = createFakeClock()
      const unhurried = { pollMs: 60_000, sweepMs: hourMs, sealMs: hourMs, leaseMs: hourMs, cooldownBaseMs: 15_000 }
      const { next } = createRandom(7)
      const scene = await open('sqlite', { clock, random: next, settings: unhurried })
      const { engine, main } = scene
      const overAt = clock.now() + 24 * hourMs
      main.script = async () => (clock.now() < overAt ? outage : { kind: 'done' })
      const agents = [await scene.hire('Ada'), await scene.hire('Bob'), await scene.hire('Cay')]
      const tasks = []
      for (let count = 0; count < 12; count += 1) tasks.push(await scene.give(agents[count % 3] ?? '', { maxAttempts: 1 + burned }))
      await engine.start()
      await clock.advance(1_000)
      // Those that were under way when it began.
      const first = main.turns.length
      expect(first).toBeLessThanOrEqual(8)
      await clock.advance(24 * hourMs - 60_000)
      const probes = main.turns.length - first
      expect(probes).toBeGreaterThan(24)
      expect(probes).toBeLessThan(150)
      await clock.advance(hourMs)
      expect((await engine.tasks.list({ companyId: scene.companyId, status: 'done' })).items).toHaveLength(tasks.length)
      const attempts = await Promise.all(
        tasks.map(async (taskId) => Math.max(...(await runsOf(scene, taskId)).map(({ attempt }) => attempt))),
      )
      expect(attempts.filter((attempt) => attempt > 1)).toHaveLength(burned)
      expect(await typesOf(scene, 'task.runaway')).toEqual([])
      await expectSound(scene)
    },
  )
})

describe('a run that tries a provider', () => {
  /** One run tries, and two wait for it; what it does is `trying`, and then it works for an hour. */
  async function openTried(trying: Script) {
    const clock = createFakeClock()
    const unhurried = { sealMs: 30_000, pollMs: 5_000, sweepMs: 5_000, leaseMs: 600_000, probeMs: 60_000 }
    const scene = await open('sqlite', { clock, settings: unhurried })
    for (const name of ['Ada', 'Bob', 'Cay']) await scene.give(await scene.hire(name))
    await openByHand(scene)
    await scene.cooled()
    scene.main.script = async (turn) => {
      if (scene.main.turns.length === 1) await trying(turn)
      await clock.sleep(hourMs, turn.signal)
      return { kind: 'done' }
    }
    onTestFinished(async () => {
      const stopped = scene.engine.stop()
      await clock.advance(hourMs)
      await stopped
    })
    await scene.engine.start()
    await clock.advance(1)
    return { ...scene, clock }
  }

  it.each<[string, Script]>([
    ['has used tokens', async ({ emit }) => emit({ type: 'usage', usage: { inputTokens: 7 } }).then(() => ({ kind: 'done' }))],
    ['has used a tool', async ({ emit }) => emit({ type: 'tool_call', name: 'read' }).then(() => ({ kind: 'done' }))],
  ])('lets the others go as soon as it %s, and is heard of when it fails after that', async (_, trying) => {
    const scene = await openTried(trying)
    const { clock, main, engine, companyId } = scene
    await clock.advance(5_000)
    expect(main.turns).toHaveLength(3)
    expect(await breakersOf(scene)).toMatchObject([{ status: 'closed' }])
    const [probe] = (await engine.runs.list({ companyId, status: 'running' })).items.filter(({ adapter }) => adapter?.reason === 'probe')
    await engine.execute('runs.report', { input: { runId: probe?.id, outcome: overloaded }, actor: systemActor })
    expect(await breakersOf(scene)).toMatchObject([{ status: 'open', failures: 1 }])
    expect(await typesOf(scene, 'breaker.')).toEqual(['breaker.opened', 'breaker.probed', 'breaker.closed', 'breaker.opened'])
    await expectSound(scene)
  })

  it('that shows nothing is joined by one more after each while, and lets all go when it has worked', async () => {
    const scene = await openTried(async ({ emit }) => {
      await emit({ type: 'usage', usage: { inputTokens: 0 } })
      await emit({ type: 'log', stream: 'stdout', text: 'I wait' })
      return { kind: 'done' }
    })
    const { clock, main, engine, companyId } = scene
    await scene.give(await scene.hire('Dan'))
    await clock.advance(50_000)
    expect(main.turns).toHaveLength(1)
    await clock.advance(20_000)
    expect(main.turns).toHaveLength(2)
    await clock.advance(40_000)
    expect(main.turns).toHaveLength(2)
    expect(await breakersOf(scene)).toMatchObject([{ status: 'half_open' }])
    const first = (await engine.runs.list({ companyId, status: 'running' })).items
      .map(({ id, startedAt }) => `${startedAt} ${id}`)
      .toSorted()
    const runId = first[0]?.split(' ')[1]
    await engine.execute('runs.report', { input: { runId, outcome: { kind: 'done' } }, actor: systemActor })
    expect(await breakersOf(scene)).toMatchObject([{ status: 'closed', probeRunId: null }])
    await clock.advance(6_000)
    expect(main.turns).toHaveLength(4)
    await expectSound(scene)
  })
})

/** Ends the queued run of a task, whenever it is due. */
async function failNext(scene: Scene, taskId: string, outcome: Outcome): Promise<void> {
  const queued = (await runsOf(scene, taskId)).find(({ status }) => status === 'queued')
  await until(
    () =>
      failRun(scene.engine, queued?.id ?? '', outcome).then(
        () => true,
        (error: unknown) => String(Object(error).code) !== 'not_claimable' && Promise.reject(error as Error),
      ),
    (ended) => ended,
  )
}

/** Makes a run of the first agent fail, as a provider that has too much to do would, before anything is started. */
async function openByHand(scene: Scene): Promise<void> {
  const { items } = await scene.engine.runs.list({ companyId: scene.companyId, status: 'queued' })
  await failRun(scene.engine, items[0]?.id ?? '', { ...overloaded, retryAfterMs: hourMs })
}
