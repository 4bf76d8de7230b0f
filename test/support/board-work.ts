import type { BoardWorld } from './board-world.ts'

export interface WorkSeeds {
  readonly goalId: string
  readonly projectId: string
  readonly sprintId: string
  readonly entryId: string
  readonly routineId: string
  readonly secretId: string
  readonly kim: string
  /** Waits for the approval of its hire. */
  readonly newcomer: string
}

/** What the screens of the work show: goals below each other, a project under way, what comes again, what is known and kept. */
export async function seedWork({ engine, companyId, agents, adapter }: BoardWorld): Promise<WorkSeeds> {
  const of = { companyId }
  const kim = await engine.agents.create({
    ...of,
    name: 'Kim Osei',
    role: 'lead',
    title: 'Head of delivery',
    executionMode: 'manual',
    adapterType: adapter.type,
  })
  for (const agentId of [agents.ada, agents.rui]) await engine.agents.update({ agentId, reportsTo: kim.id })
  await engine.companies.update({ ...of, requiresHireApproval: true })
  const hire = { name: 'Noor', role: 'tester', reportsTo: agents.ada, adapterType: adapter.type }
  const newcomer = await engine.agents.create({ ...of, ...hire })
  const { items } = await engine.goals.list(of)
  const parentId = items[0]?.id ?? ''
  const goal = await engine.goals.create({
    ...of,
    parentId,
    title: 'Nobody waits for a page',
    description: 'Nine of ten pages are there **within a second**.',
    ownerAgentId: kim.id,
  })
  await engine.goals.create({ ...of, parentId: goal.id, title: 'Search answers at once', ownerAgentId: agents.ada, level: 'agent' })
  await engine.goals.create({ ...of, parentId, title: 'Every order is traceable', status: 'planned' })
  const project = await engine.projects.create({
    ...of,
    name: 'Faster shop',
    description: 'Caches, indexes and fewer pictures.',
    goalId: goal.id,
    leadAgentId: kim.id,
    defaultAgentId: agents.ada,
    status: 'in_progress',
    targetDate: '2027-02-28',
  })
  await engine.projects.create({ ...of, name: 'New catalogue', status: 'planned' })
  await engine.budgets.set({ ...of, scope: 'project', scopeId: project.id, window: 'month_utc', metric: 'micros', limit: 20_000_000 })
  const sprint = await engine.sprints.create({
    ...of,
    name: 'Sprint 12',
    goal: 'The start page in one second.',
    projectId: project.id,
    startsOn: '2026-11-16',
    endsOn: '2026-11-27',
  })
  await engine.sprints.update({ sprintId: sprint.id, status: 'active' })
  await seedTasks(engine, { companyId, projectId: project.id, sprintId: sprint.id })
  const entryId = await seedKnowledge(engine, { companyId, projectId: project.id })
  const routineId = await seedRoutines(engine, { companyId, agentId: agents.ada })
  const secretId = await seedSecrets(engine, { companyId, agentId: agents.ada })
  const ids = { goalId: goal.id, projectId: project.id, sprintId: sprint.id, entryId, routineId, secretId }
  return { ...ids, kim: kim.id, newcomer: newcomer.id }
}

type Engine = BoardWorld['engine']

async function seedTasks(engine: Engine, { companyId, projectId, sprintId }: { companyId: string; projectId: string; sprintId: string }) {
  const create = (title: string, more: object) => engine.tasks.create({ companyId, projectId, title, status: 'backlog', ...more })
  await create('Measure the start page', { sprintId, priority: 'high' })
  const done = await create('Compress the pictures', { sprintId })
  await engine.tasks.update({ taskId: done.id, status: 'todo' })
  await create('Index the search', {})
  await create('Warm the cache', { priority: 'low' })
}

async function seedKnowledge(engine: Engine, { companyId, projectId }: { companyId: string; projectId: string }): Promise<string> {
  const entry = await engine.knowledge.create({
    companyId,
    title: 'How we measure pages',
    body: '# How we measure\n\nAlways from **outside**, ten times, and take the slowest but one.\n\n- on a phone\n- on a slow line',
    tags: ['pages', 'measuring'],
    source: 'Kim, in October',
  })
  await engine.knowledge.update({ knowledgeEntryId: entry.id, tags: ['pages', 'measuring', 'phones'] })
  await engine.knowledge.create({ companyId, projectId, title: 'Which pictures are large', body: 'Those of the start page.' })
  return entry.id
}

async function seedRoutines(engine: Engine, { companyId, agentId }: { companyId: string; agentId: string }): Promise<string> {
  const task = { title: 'Report of the week', assigneeAgentId: agentId }
  const routine = await engine.routines.create({ companyId, name: 'Weekly report', task, concurrency: 'always' })
  await engine.routines.addTrigger({ routineId: routine.id, kind: 'cron', expression: '0 9 * * 1', timeZone: 'Europe/Berlin' })
  await engine.routines.addTrigger({ routineId: routine.id, kind: 'webhook', scheme: 'github' })
  await engine.routines.fire({ routineId: routine.id })
  await engine.routines.create({ companyId, name: 'Restock', task: { title: 'Order what runs out' } })
  return routine.id
}

async function seedSecrets(engine: Engine, { companyId, agentId }: { companyId: string; agentId: string }): Promise<string> {
  const secret = await engine.secrets.create({ companyId, name: 'SHOP_API_KEY', value: 'first-value', description: 'Reads orders.' })
  await engine.secrets.bind({ secretId: secret.id, target: { agentId }, as: 'SHOP_API_KEY' })
  await engine.secrets.rotate({ secretId: secret.id, value: 'second-value' })
  await engine.secrets.create({ companyId, name: 'MAIL_PASSWORD', value: 'third-value' })
  return secret.id
}
