// P7, P8, P9: processes that spend from the same budgets, one of which dies between what it holds, calls and pays, never pass a limit.
import { createEngine, type Engine } from '@engine/core'
import { scriptedAdapter } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from '../loop.ts'
import type { SpenderPlan, Spent } from '../programs/spender.ts'
import { foundCompany, hold, wait } from '../support/company.ts'
import { brokenInvariants } from '../support/invariants.ts'
import { leavePlace, newPlace, storageAt, type Place } from '../support/place.ts'
import { startProgram, type Program } from '../support/program.ts'

const spenderFile = new URL('../programs/spender.ts', import.meta.url)
const lanes = 4
const points = ['budgets.reserve', 'costs.settle', 'budgets.release'].flatMap((command) =>
  ['begun', 'handled', 'recorded', 'committed'].map((step) => `${command}.${step}`),
)
const patienceMs = 60_000

export const ledgerCrowds = defineLoop({ name: 'ledger-crowds', storages: ['sqlite', 'postgres'], begin })

async function begin(scene: Scene): Promise<Stage> {
  return {
    async round(round) {
      const place = await newPlace(scene)
      const engine = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()] })
      try {
        await play({ place, engine }, round)
      } finally {
        await engine.stop()
        await leavePlace(place)
      }
    },
    end: async () => undefined,
  }
}

interface Theatre {
  readonly place: Place
  readonly engine: Engine
}

interface Scenery extends Theatre {
  readonly companyId: string
  readonly budgetIds: readonly string[]
  readonly runIds: readonly string[]
}

async function play(theatre: Theatre, round: Round): Promise<void> {
  const { engine, place } = theatre
  const { random } = round
  const company = await foundCompany(engine, { agents: 2 })
  const { companyId, agents } = company
  const runs = []
  for (let index = 0; index < 2 * lanes; index += 1) {
    const agentId = agents[index % 2] ?? ''
    const task = await engine.tasks.create({ companyId, title: 'Spend', assigneeAgentId: agentId })
    runs.push(await hold(engine, { taskId: task.id, agentId }))
  }
  const limits = [
    { scope: 'company', limit: 150 + random.int(300) } as const,
    ...agents.map((scopeId) => ({ scope: 'agent', scopeId, limit: 100 + random.int(200) }) as const),
  ]
  const budgetIds: string[] = []
  for (const limit of limits) budgetIds.push((await engine.budgets.set({ companyId, metric: 'tokens', ...limit })).id)
  const scenery: Scenery = { ...theatre, companyId, budgetIds, runIds: runs.map(({ runId }) => runId) }
  const credentials = runs.map(({ credential }) => credential)
  const planOf = (from: number): SpenderPlan => ({ place, seed: random.int(1_000_000), credentials: credentials.slice(from, from + lanes) })
  const point = random.int(3) === 0 ? null : random.pick(points)
  const victim = startProgram(spenderFile, {
    plan: planOf(0),
    env: point === null ? {} : { ENGINE_CRASH_AT: `${point}#${1 + random.int(20)}` },
  })
  const survivor = startProgram(spenderFile, { plan: planOf(lanes) })
  try {
    await Promise.all([victim.next('ready'), survivor.next('ready')])
    const spent = [collect(victim), collect(survivor)] as const
    const watched = watch(scenery, round, Promise.all(spent))
    if (point === null) void wait(random.int(300)).then(() => victim.kill('SIGKILL'))
    const told = (await Promise.all(spent)).flat()
    await watched
    await countDeath(victim, round, point)
    await judge(scenery, round, told)
  } finally {
    await Promise.all([victim.end(), survivor.end()])
  }
}

/** Everything that a spender was told, until it is done or dead. */
async function collect(program: Program): Promise<Spent[]> {
  const told: Spent[] = []
  const isOver = Promise.race([program.next('done', patienceMs).catch(() => null), program.exited])
  let isOpen = true
  void isOver.then(() => (isOpen = false))
  while (isOpen) {
    const next = await Promise.race([program.next<Spent>('spent', patienceMs).catch(() => null), isOver.then(() => null)])
    if (next) told.push(next)
  }
  return told
}

/** A spender that is done waits to be ended; one that has died has not. */
async function countDeath(victim: Program, round: Round, point: string | null): Promise<void> {
  const exit = await Promise.race([victim.exited, wait(0).then(() => null)])
  if (exit?.signal !== 'SIGKILL') return round.count('points not reached')
  round.count('kills')
  if (point !== null) round.reached(point)
}

/** Looks at the budgets for as long as somebody spends. */
async function watch({ engine, budgetIds }: Scenery, round: Round, spending: Promise<unknown>): Promise<void> {
  let isOver = false
  void spending.then(() => (isOver = true))
  while (!isOver) {
    for (const budgetId of budgetIds) {
      const { spent, held, limit, scope } = await engine.budgets.get({ budgetId })
      round.count('looks at a budget')
      if (spent + held > limit) round.violation(`${spent} spent and ${held} held pass the limit of ${limit} of the ${scope}`)
    }
    await wait(5)
  }
}

async function judge({ engine, place, companyId, budgetIds, runIds }: Scenery, round: Round, told: readonly Spent[]): Promise<void> {
  const sum = (key: 'paid' | 'refused') => told.reduce((total, each) => total + each[key], 0)
  round.count('calls answered', told.length)
  round.count('calls refused', sum('refused'))
  for (const sentence of told.flatMap(({ unexpected }) => unexpected)) round.violation(`A call was answered with ${sentence}`)
  for (const runId of runIds) await engine.runs.cancel({ runId }).catch(() => undefined)
  const { month } = await engine.costs.summary({ companyId })
  const recorded = month.inputTokens + month.outputTokens
  const [company, ...ofAgents] = await Promise.all(budgetIds.map((budgetId) => engine.budgets.get({ budgetId })))
  if (recorded < sum('paid')) round.violation(`${sum('paid')} tokens were acknowledged, ${recorded} are recorded`)
  const spent = [company?.spent ?? -1, ofAgents.reduce((total, each) => total + each.spent, 0)]
  if (spent.some((each) => each !== recorded)) round.violation(`Budgets count ${spent.join(' and ')} of ${recorded} recorded tokens`)
  for (const budget of [company, ...ofAgents]) {
    if (budget && budget.held !== 0) round.violation(`${budget.held} stay held of the ${budget.scope} when no run is left`)
    if (budget && budget.spent > budget.limit) round.violation(`${budget.spent} were spent of ${budget.limit}`)
  }
  for (const sentence of await brokenInvariants(place)) round.violation(sentence)
  const { checks } = await engine.verify()
  for (const { name, violations } of checks)
    if (violations.length > 0) round.violation(`${name} does not hold: ${JSON.stringify(violations.slice(0, 3))}`)
}
