// P7, P8: what is held, paid, given back, billed late and limited anew, around the ends of days and months, is what a model of it says.
import { createEngine, type Api, type Engine } from '@engine/core'
import { createFakeClock, scriptedAdapter, type FakeClock } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from '../loop.ts'
import { foundCompany, hold, refusalOf, type HeldTask } from '../support/company.ts'
import { brokenInvariants } from '../support/invariants.ts'
import { leavePlace, newPlace, rowsAt, storageAt, type Place } from '../support/place.ts'
import { LedgerModel, scopes, windows, type ModelBudget, type Scope } from './model.ts'

const metric = 'tokens' as const
const steps = 30
const dayMs = 86_400_000
/** So long that no run is lost while months go by. */
const leaseMs = 20 * 366 * dayMs
/** How often all of the database is looked at. */
const verifiedEvery = 50
/** After these many another database is begun: to verify one takes as long as it holds much. */
const roundsOfDatabase = 250

export const ledgerHistories = defineLoop({ name: 'ledger-histories', storages: ['sqlite', 'postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  let theatre = await openTheatre(scene)
  let rounds = 0
  return {
    async round(round) {
      await play(theatre, round)
      rounds += 1
      if (rounds % verifiedEvery === 0) await verify(theatre, round)
      if (rounds % roundsOfDatabase > 0) return
      await closeTheatre(theatre)
      theatre = await openTheatre(scene)
    },
    end: () => closeTheatre(theatre),
  }
}

async function openTheatre(scene: Scene): Promise<Theatre> {
  const place = await newPlace(scene)
  const clock = createFakeClock(Date.UTC(2026, 0, 1))
  const engine = await createEngine({ storage: storageAt(place), clock, adapters: [scriptedAdapter()], settings: { leaseMs } })
  return { place, clock, engine }
}

async function closeTheatre({ engine, place }: Theatre): Promise<void> {
  await engine.stop()
  await leavePlace(place)
}

async function verify({ place, engine }: { place: Place; engine: Engine }, round: Round): Promise<void> {
  round.count('databases verified')
  for (const sentence of await brokenInvariants(place)) round.violation(sentence)
  const { checks } = await engine.verify()
  for (const { name, violations } of checks)
    if (violations.length > 0) round.violation(`${name} does not hold: ${JSON.stringify(violations.slice(0, 3))}`)
}

interface Theatre {
  readonly place: Place
  readonly clock: FakeClock
  readonly engine: Engine
}

interface Scenery extends Theatre {
  readonly model: LedgerModel
  readonly held: HeldTask
  readonly api: Api
  readonly companyId: string
}

/** A moment close to the end of a month between 2026 and 2036; the month after is the leap day's in some of them. */
function someMoment({ random }: Round): number {
  const end = Date.UTC(2026, random.int(11 * 12), 1)
  return end + random.pick([-dayMs, -3_600_000, -1, 0, 1, 3_600_000]) - random.int(2)
}

async function play(theatre: Theatre, round: Round): Promise<void> {
  const { engine, clock } = theatre
  const { random } = round
  clock.set(someMoment(round))
  const company = await foundCompany(engine, { agents: 1 })
  const { companyId } = company
  const [agentId = ''] = company.agents
  const project = await engine.projects.create({ companyId, name: 'Shop' })
  const task = await engine.tasks.create({ companyId, title: 'Spend', projectId: project.id, assigneeAgentId: agentId })
  const ids = { company: companyId, project: project.id, agent: agentId, task: task.id }
  const budgets = await setBudgets(engine, { companyId, ids }, round)
  const held = await hold(engine, { taskId: task.id, agentId })
  const scenery: Scenery = {
    ...theatre,
    model: new LedgerModel(budgets, clock.now()),
    held,
    api: engine.as(held.actor),
    companyId,
  }
  for (let step = 0; step < steps && !scenery.model.isStopped; step += 1) {
    const name = random.pick(stepNames)
    round.count(`steps: ${name}`)
    await stepsByName[name](scenery, round)
    if (scenery.model.isStopped) {
      scenery.model.takeAll()
      round.count('limits reached')
    }
    await compare(scenery, round, name)
  }
  await comparePeriods(scenery, round)
}

async function setBudgets(
  engine: Engine,
  { companyId, ids }: { companyId: string; ids: Readonly<Record<Scope, string>> },
  { random }: Round,
): Promise<ModelBudget[]> {
  const chosen = random.shuffle(scopes).slice(0, 1 + random.int(scopes.length))
  const budgets: ModelBudget[] = []
  for (const [index, scope] of chosen.entries()) {
    // One of them is hard, so that something is held.
    const isHard = index === 0 || random.int(3) > 0
    const terms = { scope, scopeId: ids[scope], window: random.pick(windows), isHard, limit: 50 + random.int(200) }
    const { id } = await engine.budgets.set({ companyId, metric, ...terms })
    budgets.push({ id, ...terms, spent: new Map(), held: new Map() })
  }
  return budgets
}

type Step = (scenery: Scenery, round: Round) => Promise<void>

const stepsByName = {
  reserve: async ({ api, held: { runId }, model }, round) => {
    const amount = round.random.int(60)
    const isExpected = model.fits(amount)
    const call = { runId, provider: 'any', model: 'any', inputTokens: 0, maxOutputTokens: amount }
    let holdId: string | null = null
    const refusal = await refusalOf(api.budgets.reserve(call).then((answer) => void (holdId = answer.holdId)))
    if ((refusal === null) !== isExpected) round.violation(`${amount} tokens were ${refusal ?? 'let begin'}; the model says ${isExpected}`)
    round.count(refusal === null ? 'admissions' : 'refusals')
    if (holdId !== null) model.hold(holdId, amount)
  },
  post: async ({ api, held: { runId }, model }, { random }) => {
    if (model.open.length === 0) return
    const hold = random.pick(model.open)
    // Some providers bill for more than was asked.
    const outputTokens = Math.ceil((hold.amount * random.int(150)) / 100)
    model.take(hold)
    model.spend(outputTokens, hold.atMs)
    await api.costs.settle({ runId, holdId: hold.id, usage: { outputTokens } })
  },
  release: async ({ api, held: { runId }, model }, { random }) => {
    if (model.open.length === 0) return
    const hold = random.pick(model.open)
    model.take(hold)
    await api.budgets.release({ runId, holdId: hold.id })
  },
  charge: async ({ api, held: { runId }, model }, { random }) => {
    const outputTokens = 1 + random.int(20)
    model.spend(outputTokens, model.nowMs)
    await api.costs.settle({ runId, usage: { outputTokens } })
  },
  bill: async ({ engine, companyId, held: { taskId }, model }, round) => {
    const { random } = round
    const atMs = model.nowMs - random.pick([0, 1, dayMs, 32 * dayMs])
    const inputTokens = 1 + random.int(20)
    model.spend(inputTokens, atMs)
    const bill = { provider: 'any', inputTokens, costMicros: 0, occurredAt: new Date(atMs).toISOString() }
    await engine.costs.report({ companyId, taskId, sourceEventId: String(random.next()), ...bill })
  },
  limit: async ({ engine, companyId, model }, { random }) => {
    const budget = random.pick(model.budgets)
    budget.limit = 50 + random.int(200)
    const { scope, scopeId, window, isHard, limit } = budget
    await engine.budgets.set({ companyId, scope, scopeId, window, metric, isHard, limit })
  },
  wait: async ({ clock, model }, { random }) => {
    model.nowMs += random.pick([1, 3_600_000, dayMs, 31 * dayMs])
    clock.set(model.nowMs)
  },
} satisfies Record<string, Step>

/** Each as often as it stands here. */
const stepNames = ['reserve', 'reserve', 'reserve', 'reserve', 'post', 'post', 'release', 'charge', 'bill', 'limit', 'wait'] as const

/** What the engine says of each budget now. */
async function compare({ engine, model }: Scenery, round: Round, step: string): Promise<void> {
  for (const budget of model.budgets) {
    const { spent, held } = await engine.budgets.get({ budgetId: budget.id })
    const expected = model.standing(budget)
    if (spent !== expected.spent || held !== expected.held)
      round.violation(
        `After ${step}, the ${budget.scope}'s budget says ${spent} spent, ${held} held; it is ${expected.spent} and ${expected.held}`,
      )
  }
}

/** What its table says of all their periods, also of those that are over. */
async function comparePeriods({ place, model, companyId }: Scenery, round: Round): Promise<void> {
  const rows = await rowsAt(place, `select budget_id, starts_at, spent, held from budget_periods where company_id = '${companyId}'`)
  for (const row of rows) {
    const budget = model.budgets.find(({ id }) => id === row['budget_id'])
    const start = new Date(String(row['starts_at'])).toISOString()
    const [spent, held] = [budget?.spent.get(start) ?? 0, budget?.held.get(start) ?? 0]
    round.count('periods compared')
    if (Number(row['spent']) !== spent || Number(row['held']) !== held)
      round.violation(
        `The ${budget?.scope}'s period of ${start} has ${String(row['spent'])} and ${String(row['held'])}; it is ${spent} and ${held}`,
      )
  }
}
