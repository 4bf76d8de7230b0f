import { join } from 'node:path'

import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { createEngine, systemActor, type Engine, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { createFakeClock, scriptedAdapter, watched } from '@engine/testing'

import { createWorld, until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'
import { clockAhead, newRoutine } from './support/routines.ts'
import { newDatabase, newStorage } from './support/storages.ts'

const families = ['sqlite', 'postgres'] as const
const hourMs = 3_600_000
/** Half an hour from now: none of the times comes while a test runs. */
const minute = (new Date().getUTCMinutes() + 30) % 60

/** Loops of a test look often; those that are not meant, seldom. */
const settings = { sweepMs: 20, pollMs: hourMs, sealMs: hourMs } as const

type Place = { storage(): Storage; name: string }

async function newPlace(family: string): Promise<Place> {
  if (family === 'postgres') {
    const url = await newDatabase()
    return { storage: () => watched(postgres(url)), name: url }
  }
  const file = join(temporaryFolder(), 'engine.db')
  return { storage: () => watched(sqlite(file)), name: file }
}

/** A company whose schedules wait since some hours ago: made by an engine whose clock is that far behind. */
async function openPast(place: Place, hoursAgo = 5) {
  const clock = clockAhead(-hoursAgo * hourMs)
  const world = await createWorld({ storage: place.storage(), clock, agentMode: 'manual', settings })
  onTestFinished(() => world.engine.stop())
  return { ...world, clock }
}

async function openPresent(place: Place, more: Partial<Parameters<typeof createEngine>[0]> = {}): Promise<Engine> {
  const engine = await createEngine({ storage: place.storage(), adapters: [scriptedAdapter()], settings, checksOutputs: true, ...more })
  onTestFinished(() => engine.stop())
  return engine
}

type World = Awaited<ReturnType<typeof openPast>>

async function hourly(world: World, wish: Parameters<typeof newRoutine>[1] = {}) {
  const routine = await newRoutine(world, wish)
  const trigger = await world.engine.routines.addTrigger({ routineId: routine.id, kind: 'cron', expression: `${minute} * * * *` })
  return { routineId: routine.id, triggerId: trigger.id, firstAt: trigger.nextAt ?? '' }
}

async function firesOf(engine: Engine, routineId: string) {
  return (await engine.routines.fires({ routineId, limit: 100 })).items
}

/** Each hour from one time up to now. */
function hoursFrom(firstAt: string): string[] {
  const times: string[] = []
  for (let ms = Date.parse(firstAt); ms <= Date.now(); ms += hourMs) times.push(new Date(ms).toISOString())
  return times
}

async function settled(engine: Engine, routineIds: readonly string[]): Promise<void> {
  for (const routineId of routineIds)
    await until(
      () => engine.routines.triggers({ routineId }),
      ({ items }) => items.every(({ nextAt }) => nextAt === null || Date.parse(nextAt) > Date.now()),
    )
}

describe.each(families)('a schedule on %s', (family) => {
  it('fires its missed times once, all of them or none, as its routine says', async () => {
    const place = await newPlace(family)
    const past = await openPast(place)
    const [once, all, skip] = [
      await hourly(past, { catchUp: 'once' }),
      await hourly(past, { catchUp: 'all' }),
      await hourly(past, { catchUp: 'skip' }),
    ]
    const engine = await openPresent(place)
    await engine.start()
    await settled(engine, [once.routineId, all.routineId, skip.routineId])
    const missed = hoursFrom(all.firstAt)
    const timesOf = async (routineId: string) => (await firesOf(engine, routineId)).map(({ scheduledFor }) => scheduledFor)
    expect((await timesOf(all.routineId)).toReversed()).toEqual(missed)
    expect(await timesOf(once.routineId)).toEqual(missed.slice(-1))
    expect(await timesOf(skip.routineId)).toEqual([])
    const [fire] = await firesOf(engine, once.routineId)
    expect(fire).toMatchObject({ source: 'cron', status: 'created', triggerId: once.triggerId })
    const task = await engine.tasks.get({ taskId: fire?.taskId ?? '' })
    expect(task).toMatchObject({ origin: 'routine', context: { routine: { scheduledFor: fire?.scheduledFor } } })
    expect((await engine.routines.triggers({ routineId: once.routineId })).items).toMatchObject([{ lastFiredAt: fire?.createdAt }])
    const { checks } = await engine.verify()
    expect(checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('that fails goes on to its next time, and says why', async () => {
    const place = await newPlace(family)
    const past = await openPast(place, 3)
    const { routineId, firstAt } = await hourly(past, { catchUp: 'all', task: { title: 'Look', assigneeAgentId: past.agentId } })
    await past.engine.agents.terminate({ agentId: past.agentId })
    const engine = await openPresent(place)
    await engine.start()
    await settled(engine, [routineId])
    const fires = await firesOf(engine, routineId)
    expect(fires.map(({ status, reason }) => [status, reason])).toEqual(
      hoursFrom(firstAt).map(() => ['failed', 'The agent Ada is terminated and takes no tasks.']),
    )
    expect((await engine.tasks.list({ companyId: past.companyId })).items).toEqual([])
  })

  it('of a paused routine, or in a paused company, does not make up for what passed meanwhile', async () => {
    const place = await newPlace(family)
    const past = await openPast(place)
    const { engine: early, companyId } = past
    const [paused, inPaused] = [await hourly(past, { catchUp: 'all' }), await hourly(past, { catchUp: 'all' })]
    await early.routines.pause({ routineId: paused.routineId })
    await early.companies.pause({ companyId })
    const engine = await openPresent(place)
    await engine.start()
    await settled(engine, [inPaused.routineId])
    await engine.companies.resume({ companyId })
    await engine.routines.resume({ routineId: paused.routineId })
    for (const { routineId } of [paused, inPaused]) {
      expect(await firesOf(engine, routineId)).toEqual([])
      const [trigger] = (await engine.routines.triggers({ routineId })).items
      expect(Date.parse(trigger?.nextAt ?? '')).toBeGreaterThan(Date.now())
    }
  })

  it('fires for no time but the one that it waits for, and not before that has come', async () => {
    const place = await newPlace(family)
    const past = await openPast(place)
    const { routineId, triggerId, firstAt } = await hourly(past)
    const engine = await openPresent(place)
    const tick = (scheduledFor: string) =>
      engine.execute('routines.tick', { input: { companyId: past.companyId, triggerId, scheduledFor }, actor: systemActor })
    const early = { status: 'not_due', nextAt: null }
    expect(await tick(new Date(Date.parse(firstAt) + hourMs).toISOString())).toEqual(early)
    expect(await tick(firstAt)).toMatchObject({ status: 'created' })
    expect(await tick(firstAt)).toEqual(early)
    const [trigger] = (await engine.routines.triggers({ routineId })).items
    expect(await tick(trigger?.nextAt ?? '')).toEqual(early)
    expect(await firesOf(engine, routineId)).toHaveLength(1)
  })

  it('ends with its company', async () => {
    const place = await newPlace(family)
    const past = await openPast(place)
    const { routineId } = await hourly(past, { catchUp: 'all' })
    await past.engine.companies.archive({ companyId: past.companyId })
    const engine = await openPresent(place)
    await engine.start()
    await until(
      () => engine.routines.triggers({ routineId }),
      ({ items }) => items[0]?.nextAt === null,
    )
    expect(await firesOf(engine, routineId)).toEqual([])
  })

  it('fires a time once, whatever the clock of its host does', async () => {
    const place = await newPlace(family)
    const past = await openPast(place)
    const { routineId, triggerId, firstAt } = await hourly(past, { catchUp: 'all' })
    const engine = await openPresent(place)
    await engine.start()
    await settled(engine, [routineId])
    // The clock of the first one is hours behind: for it, the times come again.
    await past.engine.routines.updateTrigger({ triggerId, isEnabled: false })
    expect(await past.engine.routines.updateTrigger({ triggerId, isEnabled: true })).toMatchObject({ nextAt: firstAt })
    await settled(engine, [routineId])
    past.clock.aheadMs = 0
    await settled(past.engine, [routineId])
    expect((await firesOf(engine, routineId)).map(({ scheduledFor }) => scheduledFor).toReversed()).toEqual(hoursFrom(firstAt))
  })

  it('is fired once by several processes', { timeout: 60_000 }, async () => {
    const place = await newPlace(family)
    const past = await openPast(place)
    const tickers = [1, 2].map(() => startProgram(new URL('./support/ticker.ts', import.meta.url), { args: [place.name] }))
    await Promise.all(tickers.map((ticker) => ticker.printed(/READY/)))
    const routines = []
    for (let index = 0; index < 6; index += 1) routines.push(await hourly(past, { catchUp: 'all' }))
    past.clock.aheadMs = 0
    await settled(
      past.engine,
      routines.map(({ routineId }) => routineId),
    )
    for (const ticker of tickers) ticker.child.kill('SIGTERM')
    const told = await Promise.all(tickers.map(async (ticker) => Number((await ticker.printed(/FIRED (\d+)/))[1])))
    const expected = routines.map(({ firstAt }) => hoursFrom(firstAt))
    for (const [index, { routineId }] of routines.entries())
      expect((await firesOf(past.engine, routineId)).map(({ scheduledFor }) => scheduledFor).toReversed()).toEqual(expected[index])
    // Each of them says of every fire of its own that it committed it, and none of both.
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(expected.flat().length)
  })

  it.each(['begun', 'handled', 'recorded', 'committed'])(
    'loses and doubles nothing when its process is killed, at %s',
    { timeout: 60_000 },
    async (step) => {
      const place = await newPlace(family)
      const past = await openPast(place, 2)
      const { routineId, firstAt } = await hourly(past, { catchUp: 'all' })
      const env = { ENGINE_CRASH_AT: `routines.tick.${step}` }
      const { exited } = startProgram(new URL('./support/ticker.ts', import.meta.url), { args: [place.name], env })
      expect((await exited).signal).toBe('SIGKILL')
      expect(await firesOf(past.engine, routineId)).toHaveLength(step === 'committed' ? 1 : 0)
      const engine = await openPresent(place)
      await engine.start()
      await settled(engine, [routineId])
      const fires = await firesOf(engine, routineId)
      expect(fires.map(({ scheduledFor }) => scheduledFor).toReversed()).toEqual(hoursFrom(firstAt))
      expect((await engine.tasks.list({ companyId: past.companyId })).items).toHaveLength(fires.length)
    },
  )
})

it('a schedule of a company that is held up does not hold up those of others', async () => {
  expect(inject('postgresUrl')).toBeTruthy()
  const place = await newPlace('postgres')
  const past = await openPast(place, 2)
  const mine = await hourly(past)
  const other = await past.engine.companies.create({ name: 'Other' })
  const theirs = await hourly({ ...past, companyId: other.id })
  const free = Promise.withResolvers<void>()
  let ticks = 0
  const probe = async (step: string) => {
    if (step === 'routines.tick.begun' && (ticks += 1) === 1) await free.promise
  }
  const engine = await openPresent(place, { probe })
  await engine.start()
  const countFires = async () => [(await firesOf(engine, mine.routineId)).length, (await firesOf(engine, theirs.routineId)).length]
  await until(countFires, (counts) => counts.includes(1))
  expect(await countFires()).toContain(0)
  free.resolve()
  await until(countFires, (counts) => counts.every((count) => count === 1))
})

it('a schedule fires thirty days long, each time once and none too early', { timeout: 240_000 }, async () => {
  // With the end of summer time in it.
  const clock = createFakeClock(Date.UTC(2026, 9, 10))
  const world = await createWorld({
    storage: await newStorage('sqlite'),
    clock,
    agentMode: 'manual',
    settings: { sweepMs: 30 * 60_000, pollMs: 24 * hourMs, sealMs: 30 * 24 * hourMs, anchorMs: 30 * 24 * hourMs, stopGraceMs: 0 },
  })
  const { engine } = world
  onTestFinished(() => engine.stop())
  const add = async (expression: string) => {
    const { id: routineId } = await newRoutine(world, { concurrency: 'skip' })
    await engine.routines.addTrigger({ routineId, kind: 'cron', expression, timeZone: 'Europe/Berlin' })
    return routineId
  }
  const [daily, hours, sundays] = [await add('30 2 * * *'), await add('0 */6 * * *'), await add('15 12 * * SUN')]
  await engine.start()
  await clock.advance(30 * 24 * hourMs)
  const localTimes = async (routineId: string) => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short', timeStyle: 'short' })
    const fires: Awaited<ReturnType<typeof firesOf>> = []
    for (let cursor: string | null | undefined = undefined; cursor !== null;) {
      const page: Awaited<ReturnType<typeof engine.routines.fires>> = await engine.routines.fires({
        routineId,
        limit: 100,
        ...(cursor && { cursor }),
      })
      fires.push(...page.items)
      cursor = page.nextCursor
    }
    for (const { scheduledFor, createdAt } of fires) {
      const lateMs = Date.parse(createdAt) - Date.parse(scheduledFor ?? '')
      expect([lateMs >= 0, lateMs <= 30 * 60_000]).toEqual([true, true])
    }
    return fires.map(({ scheduledFor }) => format.format(Date.parse(scheduledFor ?? ''))).toReversed()
  }
  const days = Array.from({ length: 30 }, (_, day) => new Date(Date.UTC(2026, 9, 10 + day)).toISOString().slice(0, 10))
  const begun = { '2026-10-10': ['06:00', '12:00', '18:00'] } as Record<string, string[]>
  expect(await localTimes(daily)).toEqual(days.map((day) => `${day} 02:30`))
  const sixHours = days.flatMap((day) => (begun[day] ?? ['00:00', '06:00', '12:00', '18:00']).map((time) => `${day} ${time}`))
  expect(await localTimes(hours)).toEqual([...sixHours, '2026-11-09 00:00'])
  expect(await localTimes(sundays)).toEqual(
    ['2026-10-11', '2026-10-18', '2026-10-25', '2026-11-01', '2026-11-08'].map((day) => `${day} 12:15`),
  )
})
