// P13: what happens while routes listen arrives, in the order of each thing, whoever sends it dies wherever he dies, and however the receiver behaves.
import { createEngine, type Engine } from '@engine/core'
import { until } from '@engine/testing'

import { posting } from '../support/deliverer.ts'
import { defineLoop, type Round, type Scene, type Stage } from './loop.ts'
import type { DelivererPlan } from './programs/deliverer.ts'
import { readLog, wait } from './support/company.ts'
import { leavePlace, newPlace, storageAt, type Place } from './support/place.ts'
import { startProgram, type Program } from './support/program.ts'
import { openReceiver, type Receiver } from './support/receiver.ts'

const delivererFile = new URL('./programs/deliverer.ts', import.meta.url)
const taskCount = 10
const updates = 6
/** How long a sender is given to come to the point where it is to die, milliseconds. */
const pointPatienceMs = 5_000
const points = ['claim', 'settle'].flatMap((verb) =>
  ['begun', 'handled', 'recorded', 'committed'].map((step) => `deliveries.${verb}.${step}`),
)
/** A receiver that is as bad as ours gives most of what it gets back a few times. */
const retry = { maxAttempts: 50, baseSec: 0.05, capSec: 0.1, maxAgeSec: 600 }

export const deliveries = defineLoop({ name: 'deliveries', storages: ['sqlite', 'postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  return {
    async round(round) {
      const place = await newPlace(scene)
      const engine = await createEngine({ storage: storageAt(place), destinations: [posting] })
      const receiver = await openReceiver(round.random)
      try {
        await send({ place, engine, receiver }, round)
      } finally {
        await engine.stop()
        await receiver.close()
        await leavePlace(place)
      }
    },
    end: async () => undefined,
  }
}

interface Theatre {
  readonly place: Place
  readonly engine: Engine
  readonly receiver: Receiver
}

async function send(theatre: Theatre, round: Round): Promise<void> {
  const { place, engine, receiver } = theatre
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  await engine.routes.create({
    companyId,
    name: 'All',
    destinationType: 'posting',
    config: { url: receiver.url },
    events: ['task.*'],
    retry,
  })
  const plan: DelivererPlan = { place }
  // Two deaths at named points, one at some moment.
  const victims = [round.random.pick(points), round.random.pick(points), null]
  const programs = victims.map((point) => startVictim(plan, { point, nth: 1 + round.random.int(4) }))
  const died = Promise.all(programs.map((program, index) => die(program, round, victims[index] ?? null)))
  const { items } = await engine.tasks.createMany({
    companyId,
    tasks: Array.from({ length: taskCount }, (_, index) => ({ title: `Task ${index}` })),
  })
  const ids = items.flatMap((item) => (item.status === 'created' ? [item.task.id] : []))
  for (let turn = 0; turn < updates; turn += 1) {
    await Promise.all(ids.map((taskId) => engine.tasks.update({ taskId, title: `Turn ${turn}` })))
    await wait(round.random.int(100))
  }
  await died
  const survivor = startVictim(plan, { point: null, nth: 1 })
  try {
    const open = async () =>
      (await Promise.all((['pending', 'retrying'] as const).map((status) => engine.deliveries.list({ companyId, status, limit: 1 }))))
        .map(({ items: left }) => left.length)
        .reduce((sum, count) => sum + count, 0)
    await until(open, (left) => left === 0, 60_000)
  } finally {
    await survivor.end()
  }
  await judge(theatre, { companyId, ids }, round)
}

function startVictim(plan: DelivererPlan, { point, nth }: { point: string | null; nth: number }): Program {
  return startProgram(delivererFile, { plan, env: point === null ? {} : { ENGINE_CRASH_AT: `${point}#${nth}` } })
}

/** Waits until a sender has died where it was to die, or kills it at some moment. */
async function die(program: Program, round: Round, point: string | null): Promise<void> {
  try {
    if (point === null) {
      await program.next('ready')
      await wait(round.random.int(400))
      program.kill('SIGKILL')
    }
    const exit = await Promise.race([program.exited, wait(pointPatienceMs).then(() => null)])
    if (exit?.signal !== 'SIGKILL') return round.count('points not reached')
    round.count('kills')
    if (point !== null) round.reached(point)
  } finally {
    await program.end()
  }
}

async function judge({ engine, receiver }: Theatre, { companyId, ids }: { companyId: string; ids: readonly string[] }, round: Round) {
  const events = (await readLog(engine, companyId)).filter(({ type }) => type.startsWith('task.'))
  const { arrived } = receiver
  round.count('events', events.length)
  round.count('sent more than once', arrived.length - new Set(arrived.map(({ eventId }) => eventId)).size)
  // Where each arrived first: a repeat may come later.
  const placeOf = new Map(arrived.map(({ eventId }, index): [string, number] => [eventId, index]).toReversed())
  const missing = events.filter(({ id }) => !placeOf.has(id))
  if (missing.length > 0) round.violation(`${missing.length} of ${events.length} events never arrived: ${missing[0]?.id}`)
  for (const taskId of ids) {
    const places = events.filter(({ entity }) => entity.id === taskId).flatMap(({ id }) => placeOf.get(id) ?? [])
    if (places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0)))
      round.violation(`The events of ${taskId} arrived in another order than they happened: ${places.join(' ')}`)
  }
  const deliveryIds = new Set(arrived.map(({ deliveryId, eventId }) => `${eventId} ${deliveryId}`))
  if (deliveryIds.size !== placeOf.size) round.violation('An event came under two ids of deliveries')
  const parked = (await engine.deliveries.list({ companyId, status: 'parked' })).items
  if (parked.length > 0) round.violation(`${parked.length} deliveries were given up`)
}
