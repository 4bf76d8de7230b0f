// P13: what happens while routes listen arrives, in the order of each thing, whoever sends it dies wherever he dies, and however its receivers behave.
import { createEngine, type Engine } from '@engine/core'
import { createWebhookSecret } from '@engine/deliveries/webhook'
import { until } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from '../loop.ts'
import type { DelivererPlan } from '../programs/deliverer.ts'
import { readLog, wait } from '../support/company.ts'
import { outlets } from '../support/outlets.ts'
import { changeAt, leavePlace, newPlace, storageAt, type Place } from '../support/place.ts'
import { startProgram, type Program } from '../support/program.ts'
import { openHook } from './hook.ts'
import { judgeRoute, type Routed } from './judge.ts'
import { openMailbox } from './mailbox.ts'
import type { Receiver } from './receiver.ts'

const delivererFile = new URL('../programs/deliverer.ts', import.meta.url)
/** Five events of each of so many things, in as many waves. */
const taskCounts = { brief: 30, full: 200 }
const waves = 5
/** How long a sender is given to come to the point where it is to die, milliseconds: there is always something due. */
const pointPatienceMs = 20_000
/** How long the last sender has for what the others left, milliseconds. */
const restPatienceMs = 400_000
const points = ['begun', 'handled', 'recorded', 'committed'].map((step) => `deliveries.exchange.${step}`)
/** Receivers that are as bad as ours give most of what they get back a few times. */
const retry = { maxAttempts: 50, baseSec: 0.05, capSec: 0.1, maxAgeSec: 600 }

export const deliveries = defineLoop({ name: 'deliveries', storages: ['sqlite', 'postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  return {
    async round(round) {
      const place = await newPlace(scene)
      const engine = await createEngine({ storage: storageAt(place), ...outlets() })
      const secret = createWebhookSecret()
      const { random } = round
      const receivers = {
        hook: await openHook({ random, secret, isStrict: false }),
        strict: await openHook({ random, secret, isStrict: true }),
        mailbox: await openMailbox(random),
        digests: await openMailbox(random),
      }
      try {
        await play({ place, engine, receivers, secret, taskCount: taskCounts[scene.isBrief === true ? 'brief' : 'full'] }, round)
      } finally {
        await engine.stop()
        await Promise.all(Object.values(receivers).map((receiver) => receiver.close()))
        await leavePlace(place)
      }
    },
    end: async () => undefined,
  }
}

interface Theatre {
  readonly place: Place
  readonly engine: Engine
  readonly secret: string
  readonly taskCount: number
  readonly receivers: Readonly<Record<'hook' | 'strict' | 'mailbox' | 'digests', Receiver>>
}

async function play(theatre: Theatre, round: Round): Promise<void> {
  const { engine, receivers } = theatre
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const routes = await createRoutes(theatre, companyId)
  const titles = Array.from({ length: theatre.taskCount }, (_, index) => `Task ${index}`)
  const ids: string[] = []
  for (const tasks of halvesOf(titles.map((title) => ({ title })))) {
    const { items } = await engine.tasks.createMany({ companyId, tasks })
    ids.push(...items.flatMap((item) => (item.status === 'created' ? [item.task.id] : [])))
  }
  for (let wave = 1; wave <= waves; wave += 1) {
    // Those who die have something to do: all that happened before, and what their predecessors left.
    const victims = [round.random.pick(points), null].map((point) => die(theatre, round, point))
    if (wave < waves) {
      for (const half of halvesOf(ids)) {
        await engine.tasks.updateMany({ companyId, tasks: half.map((taskId) => ({ taskId, title: `Wave ${wave}` })) })
        await wait(round.random.int(200))
      }
    }
    await gatherNow(theatre, routes.digests)
    await Promise.all(victims)
  }
  const survivor = startSender(theatre, { point: null, nth: 1 })
  const rest: Rest = { companyId, digests: routes.digests, survivor }
  try {
    await sendRest(theatre, rest)
    const refused = new Set([...receivers.strict.refused].map((eventId) => `${routes.strict} ${eventId}`))
    const parked = await readAll(engine, { companyId, status: 'parked' })
    const [wrong] = parked.filter(({ routeId, eventId }) => !refused.has(`${routeId} ${eventId}`))
    round.count('refused for good, parked, sent again', refused.size)
    if (wrong || parked.length !== refused.size)
      round.violation(`${parked.length} deliveries were given up, ${refused.size} were refused for good; one of them: ${wrong?.reason}`)
    const refusedFirst = new Set(receivers.strict.refused)
    receivers.strict.relent()
    await engine.routes.replay({ routeId: routes.strict })
    await sendRest(theatre, rest)
    await judge(theatre, round, { companyId, refused: refusedFirst })
  } finally {
    await survivor.end()
  }
}

function halvesOf<Item>(items: readonly Item[]): Item[][] {
  return [items.slice(0, items.length / 2), items.slice(items.length / 2)]
}

type RouteIds = Readonly<Record<keyof Theatre['receivers'], string>>

async function createRoutes({ engine, receivers, secret }: Theatre, companyId: string): Promise<RouteIds> {
  await engine.secrets.create({ companyId, name: 'SIGNING', value: secret })
  const hook = ({ port }: Receiver) => ({
    destinationType: 'webhook',
    events: ['task.*'],
    config: { url: `http://127.0.0.1:${port}/`, secrets: [{ secret: 'SIGNING' }] },
  })
  const mail = ({ port }: Receiver) => ({
    destinationType: 'email',
    config: { provider: 'smtp', host: '127.0.0.1', port, security: 'none', from: 'engine@example.com', to: ['you@example.com'] },
    template: { text: '{{id}}', contentType: 'text/plain' },
  })
  const common = { companyId, retry }
  const created = {
    hook: await engine.routes.create({ ...common, name: 'Hook', ...hook(receivers.hook) }),
    strict: await engine.routes.create({ ...common, name: 'Strict', ...hook(receivers.strict) }),
    mailbox: await engine.routes.create({ ...common, name: 'Mail', events: ['task.created'], ...mail(receivers.mailbox) }),
    digests: await engine.routes.create({
      ...common,
      name: 'Digests',
      events: ['task.*'],
      // Its times come as the loop likes.
      digest: { expression: '0 8 1 1 *' },
      ...mail(receivers.digests),
    }),
  }
  const { hook: first, strict, mailbox, digests } = created
  return { hook: first.id, strict: strict.id, mailbox: mailbox.id, digests: digests.id }
}

/** Lets the time come at which a route sends what it gathered. */
async function gatherNow({ place }: Theatre, routeId: string): Promise<void> {
  const table = place.storage === 'postgres' ? 'engine.deliveries' : 'deliveries'
  const [past, future] = ['2026-01-01T00:00:00.000Z', new Date(Date.now() + 3_600_000).toISOString()]
  await changeAt(
    place,
    `update ${table} set next_at = '${past}' where route_id = '${routeId}' and digest_id is null and next_at > '${future}'`,
  )
}

interface Rest {
  readonly companyId: string
  /** The route that gathers. */
  readonly digests: string
  readonly survivor: Program
}

/** Resolves when nothing is left to send. */
async function sendRest(theatre: Theatre, { companyId, digests, survivor }: Rest): Promise<void> {
  const { engine } = theatre
  const left = async () => {
    await gatherNow(theatre, digests)
    const open = (['pending', 'retrying'] as const).map((status) => engine.deliveries.list({ companyId, status, limit: 1 }))
    const items = (await Promise.all(open)).flatMap((page) => page.items)
    if (items.length > 0) await wait(100)
    return items
  }
  const died: Promise<never> = survivor.exited.then(({ code, signal }) => {
    throw new Error(`the last sender ended (${signal ?? code}): ${survivor.output()}`)
  })
  died.catch(() => undefined)
  await Promise.race([until(left, (items) => items.length === 0, restPatienceMs), died])
}

function startSender({ place, receivers }: Theatre, { point, nth }: { point: string | null; nth: number }): Program {
  const plan: DelivererPlan = { place, allow: Object.values(receivers).map(({ port }) => `127.0.0.1:${port}`) }
  return startProgram(delivererFile, { plan, env: point === null ? {} : { ENGINE_CRASH_AT: `${point}#${nth}` } })
}

/** A sender that dies where it was to die, or at some moment. */
async function die(theatre: Theatre, round: Round, point: string | null): Promise<void> {
  const program = startSender(theatre, { point, nth: 1 + round.random.int(6) })
  try {
    // Some points are come to before it says so.
    await Promise.race([program.next('ready').catch(() => null), program.exited])
    if (point === null) {
      await wait(round.random.int(600))
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

interface Judged {
  readonly companyId: string
  /** What the strict one refused until it relented. */
  readonly refused: ReadonlySet<string>
}

async function judge({ engine, receivers }: Theatre, round: Round, { companyId, refused }: Judged): Promise<void> {
  const events = (await readLog(engine, companyId)).filter(({ type }) => type.startsWith('task.'))
  const created = events.filter(({ type }) => type === 'task.created')
  round.count('events', events.length)
  const none = new Set<string>()
  const routed: Routed[] = [
    { name: 'hook', receiver: receivers.hook, events, refused: none },
    { name: 'strict', receiver: receivers.strict, events, refused },
    { name: 'mailbox', receiver: receivers.mailbox, events: created, refused: none },
    { name: 'digests', receiver: receivers.digests, events, refused: none },
  ]
  for (const each of routed) judgeRoute(each, round)
  round.count('digests', new Set(receivers.digests.arrived.map(({ deliveryId }) => deliveryId)).size)
  const delivered = await readAll(engine, { companyId, status: 'delivered' })
  const expected = routed.reduce((sum, each) => sum + each.events.length, 0)
  if (delivered.length !== expected) round.violation(`${delivered.length} of ${expected} deliveries are told to be delivered`)
  for (const { problems } of Object.values(receivers)) for (const problem of problems) round.violation(problem)
  const { checks } = await engine.verify()
  for (const { name, violations } of checks)
    if (violations.length > 0) round.violation(`${name} does not hold: ${JSON.stringify(violations.slice(0, 3))}`)
}

async function readAll(engine: Engine, given: { companyId: string; status: 'parked' | 'delivered' }) {
  const all: Awaited<ReturnType<Engine['deliveries']['list']>>['items'] = []
  for (let cursor: string | null | undefined = undefined; cursor !== null;) {
    const page: Awaited<ReturnType<Engine['deliveries']['list']>> = await engine.deliveries.list({
      ...given,
      limit: 100,
      ...(cursor && { cursor }),
    })
    all.push(...page.items)
    cursor = page.nextCursor
  }
  return all
}
