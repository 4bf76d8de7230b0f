import { z } from 'zod'

import { coreRegistry, type JsonObject, type JsonValue } from '@engine/core'

import { problemsOf, type BootstrapFile, type CompanyEntry, type Path, type Problem } from './file.ts'

/** In the order in which they are made: each names things of earlier kinds, or above it. */
export const kinds = ['secrets', 'agents', 'goals', 'projects', 'routines'] as const
export type Kind = (typeof kinds)[number]

/** Members that name something else of the file, and where the input of the operation has its id; of a routine, those of its task. */
const references: Readonly<Record<Kind, Readonly<Record<string, { readonly field: string; readonly kind: Kind }>>>> = {
  secrets: {},
  agents: { reportsTo: { field: 'reportsTo', kind: 'agents' } },
  goals: { parent: { field: 'parentId', kind: 'goals' }, owner: { field: 'ownerAgentId', kind: 'agents' } },
  projects: {
    goal: { field: 'goalId', kind: 'goals' },
    lead: { field: 'leadAgentId', kind: 'agents' },
    defaultAgent: { field: 'defaultAgentId', kind: 'agents' },
  },
  routines: {
    assignee: { field: 'assigneeAgentId', kind: 'agents' },
    project: { field: 'projectId', kind: 'projects' },
    goal: { field: 'goalId', kind: 'goals' },
  },
}

/** What belongs to a thing and has no name of its own. */
export interface Part {
  readonly path: Path
  readonly input: JsonObject
}

/** Something that is to be there. */
export interface Thing {
  readonly kind: Kind
  /** What it is known by, here and in the database. */
  readonly key: string
  readonly path: Path
  readonly entry: JsonObject
  readonly budgets: readonly Part[]
  readonly schedules: readonly Part[]
}

export interface CompanyPlan {
  readonly key: string
  readonly path: Path
  readonly input: JsonObject
  readonly budgets: readonly Part[]
  readonly things: readonly Thing[]
}

/** The value of a secret comes from the environment of the server: a file that describes a company is read by many. */
export const SecretEntry = z.strictObject({ name: z.string(), environment: z.string().min(1), description: z.string().optional() })

/** What can have budgets of its own beside a company, and how that is called. */
export const scopes: Readonly<Partial<Record<Kind, string>>> = { agents: 'agent', projects: 'project' }

/** What names are compared by. */
export function keyOf(name: JsonValue | undefined): string {
  return typeof name === 'string' ? name.trim().normalize('NFKC').toLowerCase() : ''
}

/** What a file asks for, held to the schemas of the operations that make it. @throws with each line that is wrong */
export function planBootstrap(file: BootstrapFile): readonly CompanyPlan[] {
  const plans = file.companies.map((company, index) => planCompany(company, ['companies', index]))
  const problems = plans.flatMap((plan, index) => [
    ...(plans.slice(0, index).some(({ key }) => key === plan.key) ? [sameName(plan)] : []),
    ...refused('companies.create', plan),
    ...problemsOfParts(plan.budgets, 'budgets.set', { scope: 'company' }),
    ...plan.things.flatMap((thing, place) => problemsOfThing(thing, plan.things.slice(0, place))),
  ])
  if (problems.length > 0) throw file.refuse(problems)
  return plans
}

function planCompany({ secrets, agents, goals, projects, routines, budgets, ...input }: CompanyEntry, path: Path): CompanyPlan {
  const entries = { secrets, agents, goals, projects, routines }
  const things = kinds.flatMap((kind) => entries[kind].map((entry, index) => thingOf(kind, entry, [...path, kind, index])))
  return { key: keyOf(input.name), path, input, budgets: partsOf(budgets, [...path, 'budgets']), things }
}

function thingOf(kind: Kind, { budgets = [], schedules = [], ...entry }: JsonObject, path: Path): Thing {
  return {
    kind,
    key: keyOf(entry['name'] ?? entry['title']),
    path,
    entry,
    budgets: partsOf(budgets, [...path, 'budgets']),
    schedules: partsOf(schedules, [...path, 'schedules']),
  }
}

function partsOf(list: JsonValue, path: Path): Part[] {
  // Of what is no list or no object, the schema of the operation says what is missing.
  const entries = Array.isArray(list) ? list : [list]
  return entries.map((entry, index) => ({ path: [...path, index], input: isObject(entry) ? entry : {} }))
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type IdOf = (named: { readonly kind: Kind; readonly key: string; readonly member: Path }) => string

/** The input of the operation that creates a thing, with the ids of what it names. */
export function inputOf({ kind, entry }: Thing, idOf: IdOf): JsonObject {
  const { task } = entry
  if (kind !== 'routines' || !isObject(task)) return withIds(kind, entry, idOf)
  return { ...entry, task: withIds(kind, task, (named) => idOf({ ...named, member: ['task', ...named.member] })) }
}

function withIds(kind: Kind, entry: JsonObject, idOf: IdOf): JsonObject {
  const members = Object.entries(entry).map(([name, value]) => {
    const reference = references[kind][name]
    return reference ? [reference.field, idOf({ kind: reference.kind, key: keyOf(value), member: [name] })] : [name, value]
  })
  // Members are JSON, and an id is a text.
  return Object.fromEntries(members) as JsonObject
}

const anyId = '00000000-0000-7000-8000-000000000000'

function problemsOfThing(thing: Thing, above: readonly Thing[]): Problem[] {
  const { kind, path, entry, budgets, schedules } = thing
  const isAbove = (wanted: Pick<Thing, 'kind' | 'key'>) => above.some(({ kind: other, key }) => other === wanted.kind && key === wanted.key)
  const problems: Problem[] = isAbove(thing) ? [sameName(thing)] : []
  const input = inputOf(thing, ({ member, ...named }) => {
    if (!isAbove(named)) problems.push({ path: [...path, ...member], message: `None of the ${named.kind} above it is called so.` })
    return anyId
  })
  const own =
    kind === 'secrets'
      ? problemsIn(SecretEntry.safeParse(entry), path)
      : refused(`${kind}.create`, { path, input: { companyId: anyId, ...input } })
  const scope = scopes[kind]
  return [
    ...problems,
    ...own,
    ...problemsOfParts(budgets, scope ? 'budgets.set' : '', { scope: scope ?? '', scopeId: anyId }),
    ...problemsOfParts(schedules, kind === 'routines' ? 'routines.addTrigger' : '', { routineId: anyId, kind: 'cron' }),
  ]
}

function problemsOfParts(parts: readonly Part[], operation: string, own: JsonObject): Problem[] {
  const company = operation === 'budgets.set' ? { companyId: anyId } : {}
  return parts.flatMap(({ path, input }) => refused(operation, { path, input: { ...company, ...own, ...input } }))
}

/** What the schema of an operation has against an input. */
function refused(operation: string, { path, input }: Part): Problem[] {
  const definition = coreRegistry().get(operation)?.definition
  return definition ? problemsIn(definition.input.safeParse(input), path) : [{ path, message: 'There is no such thing here.' }]
}

function problemsIn(read: { readonly error?: z.ZodError }, path: Path): Problem[] {
  return read.error ? problemsOf(read.error).map((problem) => ({ ...problem, path: [...path, ...problem.path] })) : []
}

function sameName({ path }: { readonly path: Path }): Problem {
  return { path, message: 'There is another one of that name above it.' }
}
