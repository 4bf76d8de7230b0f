import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { findReferences } from '../secrets/references.ts'
import { portableSettings, Sidecar, type Content, type Entry, type Head } from './format.ts'
import { readRows, type CompanyRows } from './rows.ts'
import { slugsOf } from './slugs.ts'

/** What of a company is no part of a package, and why. */
interface LeftOut {
  readonly what: string
  readonly why: string
}

export interface Collected {
  readonly content: Content
  readonly leftOut: readonly LeftOut[]
}

/** Folders by the ids of what is in them; labels by name. */
interface Names {
  readonly agents: ReadonlyMap<string, string>
  readonly goals: ReadonlyMap<string, string>
  readonly projects: ReadonlyMap<string, string>
  readonly tasks: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, string>
}

/** Reads what a company is, without what happened in it; secrets by name alone. @throws `not_found` */
export async function collect(db: Kysely<Database>, companyId: string): Promise<Collected> {
  const rows = await readRows(db, companyId)
  const names: Names = {
    agents: slugsOf(rows.agents, ({ name }) => name, 'agent'),
    goals: slugsOf(rows.goals, ({ title }) => title, 'goal'),
    projects: slugsOf(rows.projects, ({ name }) => name, 'project'),
    tasks: slugsOf(rows.tasks, ({ title }) => title, 'task'),
    labels: new Map(rows.labels.map(({ id, name }) => [id, name])),
  }
  const entries = {
    agent: rows.agents.map((agent) => agentEntry(agent, names)),
    goal: rows.goals.map((goal) => goalEntry(goal, names)),
    project: rows.projects.map((project) => projectEntry(project, names)),
    skill: skillEntries(rows, names),
    routine: routineEntries(rows, names),
    task: rows.tasks.map((task) => taskEntry(task, rows, names)),
  }
  return { content: { company: companyOf(rows, names), entries, sidecar: sidecarOf(rows, names) }, leftOut: leftOutOf(rows) }
}

function companyOf({ company, labels }: CompanyRows, names: Names): Content['company'] {
  const head: Head<'company'> = {
    schema: 'engine.company/v1',
    name: company.name,
    taskPrefix: company.taskPrefix,
    ...said('requiresHireApproval', company.requiresHireApproval || null),
    ...said('requiresStrategyApproval', company.requiresStrategyApproval || null),
    ...said('brandColor', company.brandColor),
    ...said('defaultAgent', slugIn(names.agents, company.defaultAgentId)),
    ...some(
      'labels',
      labels.map(({ name, color }) => ({ name, ...said('color', color) })),
    ),
  }
  return { head, body: company.description ?? '' }
}

type Of<List extends 'agents' | 'goals' | 'projects' | 'tasks'> = CompanyRows[List][number]

function agentEntry(agent: Of<'agents'>, { agents }: Names): Entry<'agent'> {
  const { id, name, role, title, icon, executionMode, capabilities, specializations, tags } = agent
  const head: Head<'agent'> = {
    name,
    role,
    ...said('title', title),
    ...said('icon', icon),
    ...said('reportsTo', slugIn(agents, agent.reportsTo)),
    executionMode,
    ...some('capabilities', capabilities),
    ...some('specializations', specializations),
    ...some('tags', tags),
  }
  return { slug: slugIn(agents, id) ?? id, project: null, head, body: agent.instructions ?? '' }
}

function goalEntry({ id, title, level, status, parentId, ownerAgentId, description }: Of<'goals'>, names: Names): Entry<'goal'> {
  const parent = said('parent', slugIn(names.goals, parentId))
  const owner = said('owner', slugIn(names.agents, ownerAgentId))
  const head: Head<'goal'> = { title, level, status: status === 'planned' ? 'planned' : 'active', ...parent, ...owner }
  return { slug: slugIn(names.goals, id) ?? id, project: null, head, body: description ?? '' }
}

function projectEntry(project: Of<'projects'>, names: Names): Entry<'project'> {
  const { id, name, status, goalId, leadAgentId, defaultAgentId, targetDate, description } = project
  const head: Head<'project'> = {
    name,
    status: status === 'planned' || status === 'in_progress' ? status : 'backlog',
    ...said('goal', slugIn(names.goals, goalId)),
    ...said('lead', slugIn(names.agents, leadAgentId)),
    ...said('defaultAgent', slugIn(names.agents, defaultAgentId)),
    ...said('targetDate', targetDate),
  }
  return { slug: slugIn(names.projects, id) ?? id, project: null, head, body: description ?? '' }
}

function skillEntries({ knowledge }: CompanyRows, { projects }: Names): Entry<'skill'>[] {
  const slugs = slugsOf(knowledge, ({ title }) => title, 'skill')
  return knowledge.map(({ id, title, projectId, tags, source, body }) => {
    const project = said('project', slugIn(projects, projectId))
    return {
      slug: slugs.get(id) ?? id,
      project: null,
      head: { name: title, ...project, ...some('tags', tags), ...said('source', source) },
      body,
    }
  })
}

function routineEntries({ routines }: CompanyRows, names: Names): Entry<'routine'>[] {
  const slugs = slugsOf(routines, ({ name }) => name, 'routine')
  return routines.map(({ id, name, task, variables, concurrency, catchUp, triggers, description }) => {
    const labels = (task.labels ?? []).flatMap((label) => names.labels.get(label) ?? [])
    const schedules = triggers.flatMap(({ kind, expression, time_zone: timeZone }) =>
      kind === 'cron' && expression !== null ? [{ expression, timeZone: timeZone ?? 'UTC' }] : [],
    )
    const template: Head<'routine'>['task'] = {
      title: task.title,
      ...said('description', task.description || null),
      ...said('priority', task.priority ?? null),
      ...said('assignee', slugIn(names.agents, task.assigneeAgentId ?? null)),
      ...said('project', slugIn(names.projects, task.projectId ?? null)),
      ...said('goal', slugIn(names.goals, task.goalId ?? null)),
      ...some('tags', task.tags ?? []),
      ...some('labels', labels),
      ...some('requiredCapabilities', task.requiredCapabilities ?? []),
      ...some('acceptanceCriteria', task.acceptanceCriteria ?? []),
    }
    const head = { name, task: template, ...some('variables', variables), concurrency, catchUp, ...some('schedules', schedules) }
    return { slug: slugs.get(id) ?? id, project: null, head, body: description ?? '' }
  })
}

function taskEntry(task: Of<'tasks'>, { blockers }: CompanyRows, names: Names): Entry<'task'> {
  const blockedBy = blockers.flatMap((row) => (row.task_id === task.id ? (slugIn(names.tasks, row.blocker_id) ?? []) : []))
  const head: Head<'task'> = {
    title: task.title,
    priority: task.priority,
    ...said('assignee', slugIn(names.agents, task.assigneeAgentId)),
    ...said('goal', slugIn(names.goals, task.goalId)),
    ...said('parent', slugIn(names.tasks, task.parentId)),
    ...some('blockedBy', blockedBy.toSorted()),
    ...some('labels', task.labels.map(({ name }) => name).toSorted()),
    ...some('tags', task.tags),
    ...some('requiredCapabilities', task.requiredCapabilities),
    ...some('acceptanceCriteria', task.acceptanceCriteria),
    ...said('dueDate', task.dueDate),
    ...said('billingCode', task.billingCode),
    maxAttempts: task.maxAttempts,
    ...(Object.keys(task.context).length > 0 && { context: task.context }),
  }
  const project = slugIn(names.projects, task.projectId)
  return { slug: slugIn(names.tasks, task.id) ?? task.id, project, head, body: task.description ?? '' }
}

function sidecarOf({ agents, projects }: CompanyRows, names: Names): Sidecar {
  const setups = agents.flatMap((agent) => {
    const { adapterType, adapterConfig, contextMode, maxConcurrentRuns, maxConcurrentTasks, maxCostMicrosPerRun } = agent
    if (agent.executionMode === 'human') return []
    const settings = Object.fromEntries(Object.entries(adapterConfig ?? {}).filter((pair) => isPortable(pair)))
    const kept = Object.keys(settings).length > 0 ? { settings } : {}
    return [
      [
        slugIn(names.agents, agent.id),
        {
          adapterType,
          ...kept,
          contextMode,
          maxConcurrentRuns,
          ...said('maxConcurrentTasks', maxConcurrentTasks),
          ...said('maxCostMicrosPerRun', maxCostMicrosPerRun),
        },
      ],
    ]
  })
  const secrets = [...agents.map((agent) => [agent.adapterConfig, agent.profiles, agent.fallbacks]), ...projects.map(({ env }) => env)]
    .flatMap((configured) => findReferences(configured, ''))
    .map(({ name }) => name)
  const environment = projects.flatMap(({ id, env }) => {
    const variables = Object.keys(env ?? {}).toSorted()
    return variables.length > 0 ? [[slugIn(names.projects, id), variables]] : []
  })
  const requirements = {
    ...some('secrets', [...new Set(secrets)].toSorted()),
    ...(environment.length > 0 && { environment: Object.fromEntries(environment.toSorted(bySlug)) }),
  }
  return Sidecar.parse({
    schema: 'engine.sidecar/v1',
    ...(setups.length > 0 && { agents: Object.fromEntries(setups.toSorted(bySlug)) }),
    ...(Object.keys(requirements).length > 0 && { requirements }),
  })
}

function bySlug([left]: readonly unknown[], [right]: readonly unknown[]): number {
  return String(left) < String(right) ? -1 : 1
}

function isPortable([name, value]: [string, unknown]): boolean {
  return portableSettings.includes(name) && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
}

function leftOutOf({ agents, projects, routines }: CompanyRows): LeftOut[] {
  const configured = agents.flatMap(({ name, adapterConfig, profiles, fallbacks }) => {
    const fields = Object.entries(adapterConfig ?? {}).flatMap((pair) => (isPortable(pair) ? [] : [pair[0]]))
    const more = [
      ...fields,
      ...Object.keys(profiles ?? {}).map((profile) => `profile ${profile}`),
      ...(fallbacks ?? []).map(() => 'a fallback'),
    ]
    return more.length > 0 ? [{ what: `of the agent ${name}: ${more.join(', ')}`, why: 'how it is run is for whoever runs it' }] : []
  })
  const environments = projects.flatMap(({ name, env }) =>
    Object.keys(env ?? {}).length > 0
      ? [{ what: `values of the environment of ${name}`, why: 'they may be secret; their names are there' }]
      : [],
  )
  const webhooks = routines.flatMap(({ name, triggers }) =>
    triggers.some(({ kind }) => kind === 'webhook') ? [{ what: `webhooks of the routine ${name}`, why: 'each has a key of its own' }] : [],
  )
  return [
    ...configured,
    ...environments,
    ...webhooks,
    {
      what: 'members, keys, secrets, budgets, prices, routes, routing rules, sprints, preferences, comments, documents, files, runs and the log',
      why: 'a package says what a company is, not who is in it, what it may spend, or what happened',
    },
  ]
}

function slugIn(slugs: ReadonlyMap<string, string>, id: string | null): string | null {
  return id === null ? null : (slugs.get(id) ?? null)
}

/** A field of a head that is there when something is said. */
function said<Field extends string, Value>(field: Field, value: Value | null): { [Key in Field]?: Value } {
  // One field with its value, or none.
  return (value === null ? {} : { [field]: value }) as { [Key in Field]?: Value }
}

function some<Field extends string, Value>(field: Field, values: Value[]): { [Key in Field]?: Value[] } {
  return said(field, values.length > 0 ? values : null)
}
