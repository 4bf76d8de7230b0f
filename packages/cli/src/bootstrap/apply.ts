import { createHash } from 'node:crypto'

import { EngineError, systemActor, type Engine, type JsonObject, type JsonValue } from '@engine/core'

import type { BootstrapFile } from './file.ts'
import { inputOf, keyOf, kinds, scopes, SecretEntry, type CompanyPlan, type Kind, type Part, type Thing } from './plan.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface Given {
  readonly engine: Engine
  readonly file: BootstrapFile
  readonly environment: Environment
}

/** The ids of what is in a company, by kind and key. */
type Present = Map<string, string>

interface Listed {
  readonly items: readonly JsonObject[]
  readonly nextCursor: string | null
}

/**
 * Makes what is not there. What is there stays as it is, whatever the file says of it: people change it, and a file that a server is started
 * with would undo that at each start. Interrupted, it goes on from there at the next start; of servers that start at once, each makes nothing
 * twice.
 * @returns how many things were made
 * @throws with the line of what was refused
 */
export async function applyBootstrap(plans: readonly CompanyPlan[], given: Given): Promise<number> {
  const { items } = await everything(given.engine, 'companies.list', {})
  let made = 0
  for (const plan of plans) {
    const present = items.find(({ name }) => keyOf(name) === plan.key)
    // Nothing can be made in an archived one.
    if (present?.['status'] === 'archived') continue
    const id = present?.['id'] ?? (await create(given, 'companies.create', { key: plan.key, path: plan.path, input: plan.input }))
    made += present ? 0 : 1
    made += await applyCompany(plan, { ...given, companyId: textOf(id) })
  }
  return made
}

async function applyCompany(plan: CompanyPlan, given: Given & { companyId: string }): Promise<number> {
  const { engine, companyId } = given
  const present: Present = new Map()
  for (const kind of kinds) {
    const { items } = await everything(engine, `${kind}.list`, { companyId })
    for (const item of items) present.set(`${kind} ${keyOf(item['name'] ?? item['title'])}`, textOf(item['id']))
  }
  const before = present.size
  for (const thing of plan.things) {
    const name = `${thing.kind} ${thing.key}`
    if (!present.has(name)) present.set(name, await make(thing, { ...given, present }))
  }
  const budgets = await applyBudgets(plan, { ...given, present })
  const schedules = await applySchedules(plan.things, { ...given, present })
  return present.size - before + budgets + schedules
}

async function make(thing: Thing, given: Given & { companyId: string; present: Present }): Promise<string> {
  const { companyId, present } = given
  const { kind, key, path } = thing
  const input = kind === 'secrets' ? secretOf(thing, given) : inputOf(thing, (named) => idIn(present, named.kind, named.key))
  const isThere = (id: string) => isFound(given.engine, `${kind}.get`, { [`${kind.slice(0, -1)}Id`]: id })
  return create(given, `${kind}.create`, { key: `${companyId} ${key}`, path, input: { companyId, ...input }, isThere })
}

function secretOf({ entry, path }: Thing, { file, environment }: Given): JsonObject {
  const { environment: variable } = SecretEntry.parse(entry)
  const value = environment[variable]
  if (!value) throw file.refuse([{ path, message: `The value of this secret is not there: ${variable} is not set.` }])
  const { environment: _, ...input } = entry
  return { ...input, value }
}

/** A plan names nothing that is not above. */
function idIn(present: Present, kind: Kind, key: string): string {
  return present.get(`${kind} ${key}`) ?? ''
}

/** A limit that is there may have been raised. */
async function applyBudgets({ budgets, things }: CompanyPlan, given: Given & { companyId: string; present: Present }): Promise<number> {
  const { companyId, present } = given
  const ofCompany = budgets.map((part) => ({ part, scope: 'company', scopeId: companyId }))
  const ofThings = things.flatMap(({ kind, key, budgets: own }) =>
    own.map((part) => ({ part, scope: scopes[kind] ?? '', scopeId: idIn(present, kind, key) })),
  )
  const all = [...ofCompany, ...ofThings]
  if (all.length === 0) return 0
  const { items } = await everything(given.engine, 'budgets.list', { companyId })
  const there = new Set(items.map((item) => budgetKey(textOf(item['scopeId']), item)))
  let made = 0
  for (const { part, scope, scopeId } of all) {
    if (there.has(budgetKey(scopeId, part.input))) continue
    const whose = scope === 'company' ? { scope } : { scope, scopeId }
    await attempt(given, 'budgets.set', { path: part.path, input: { companyId, ...whose, ...part.input } })
    made += 1
  }
  return made
}

function budgetKey(scopeId: string, { window = 'month_utc', metric = 'micros' }: JsonObject): string {
  return [scopeId, textOf(window), textOf(metric)].join(' ')
}

async function applySchedules(things: readonly Thing[], given: Given & { present: Present }): Promise<number> {
  let made = 0
  for (const { kind, key, schedules } of things) {
    if (schedules.length === 0) continue
    const routineId = idIn(given.present, kind, key)
    const { items } = await everything(given.engine, 'routines.triggers', { routineId })
    const there = new Set(items.map(scheduleKey))
    for (const { path, input } of schedules.filter((schedule) => !there.has(scheduleKey(schedule.input)))) {
      await create(given, 'routines.addTrigger', {
        key: `${routineId} ${scheduleKey(input)}`,
        path,
        input: { routineId, kind: 'cron', ...input },
        isThere: async (id) => (await everything(given.engine, 'routines.triggers', { routineId })).items.some((item) => item['id'] === id),
      })
      made += 1
    }
  }
  return made
}

function scheduleKey({ expression, timeZone }: JsonObject): string {
  return [textOf(expression), textOf(timeZone ?? 'UTC')].join(' ')
}

/** Of what a schema knows to be a text. */
function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

interface Creation extends Part {
  readonly key: string
  /** Whether what was made is there still; left out for what nobody deletes. */
  readonly isThere?: (id: string) => Promise<boolean>
}

/**
 * Under a key of its own, so that servers that start at once make it once. The answer to a key is kept for a day: when it tells of
 * something that was deleted since, the next key says so, and is the same for all who start then. @returns its id
 */
async function create(given: Given, operation: string, { key, path, input, isThere }: Creation): Promise<string> {
  const what = [operation, key, JSON.stringify(input)]
  for (;;) {
    const idempotencyKey = `bootstrap ${createHash('sha256').update(what.join(' ')).digest('hex')}`
    const made = await attempt(given, operation, { path, input, idempotencyKey })
    const id = String(Object(made).id ?? Object(made).trigger?.id)
    if (!isThere || (await isThere(id))) return id
    what.push(id)
  }
}

async function isFound(engine: Engine, operation: string, input: JsonObject): Promise<boolean> {
  try {
    await engine.execute(operation, { input, actor: systemActor })
    return true
  } catch (error) {
    if (EngineError.isInstance(error) && error.kind === 'missing') return false
    throw error
  }
}

interface Attempt extends Part {
  readonly idempotencyKey?: string
}

async function attempt({ engine, file }: Given, operation: string, { path, input, ...options }: Attempt): Promise<unknown> {
  try {
    return await engine.execute(operation, { input, actor: systemActor, ...options })
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    throw file.refuse([{ path, message: `${error.message} (${error.code})` }])
  }
}

async function everything(engine: Engine, operation: string, input: JsonObject): Promise<{ items: JsonObject[] }> {
  const items: JsonObject[] = []
  let cursor: string | null = null
  do {
    // Each of these lists answers with pages.
    const page = (await engine.execute(operation, {
      input: { ...input, limit: 100, ...(cursor && { cursor }) },
      actor: systemActor,
    })) as Listed
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return { items }
}
