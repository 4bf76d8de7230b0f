// Every command of the engine with input that succeeds, so that a loop can go through all of them.
import { randomUUID } from 'node:crypto'

import { permissions, systemActor, type Actor, type Engine } from '@engine/core'

import { foundCompany, holdNewTask, wait, type Company, type HeldTask } from './company.ts'

/** One call that has an effect the first time it is made. */
export interface Call {
  readonly operation: string
  readonly actor: Actor
  readonly input: Readonly<Record<string, unknown>>
}

/** What cases are prepared with; nothing of it is started. */
export interface Preparation {
  readonly engine: Engine
  /** An engine on the same database whose leases run out at once. */
  readonly hasty: Engine
}

type Input = Call['input']
type Prepare = (scene: Preparation & Company) => Promise<Input>

/** What a run may call, with the input by which it does so for itself. */
const inputsOfRun: Readonly<Record<string, (held: HeldTask, engine: Engine) => Input | Promise<Input>>> = {
  'tasks.checkout': ({ taskId }) => ({ taskId }),
  'tasks.create': ({ taskId, actor }) => ({ companyId: actor.companyId, title: 'Child', parentId: taskId }),
  'tasks.createMany': ({ actor }) => ({ companyId: actor.companyId, tasks: [{ title: 'Child' }] }),
  'tasks.progress': ({ taskId }) => ({ taskId, percent: 40, message: 'almost half' }),
  'tasks.complete': ({ taskId }) => ({ taskId }),
  'tasks.block': ({ taskId }) => ({ taskId, reason: 'waiting' }),
  'tasks.release': ({ taskId }) => ({ taskId }),
  'runs.handBack': ({ runId }) => ({ runId, reason: 'stopping' }),
  'runs.heartbeat': ({ runId }) => ({ runId }),
  'runs.report': ({ runId }) => ({ runId, outcome: { kind: 'done' } }),
  'runs.appendLog': ({ runId }) => ({ runId, entries: [{ stream: 'stdout', text: 'a line' }] }),
  'comments.create': ({ taskId }) => ({ taskId, body: 'a remark' }),
  'deliverables.submit': ({ taskId }) => ({ taskId, title: 'Result', content: 'text' }),
  'approvals.request': ({ actor }) => ({ companyId: actor.companyId, type: 'custom', subject: 'release', payload: { to: 'all' } }),
  'approvals.resubmit': async ({ actor }, engine) => ({ approvalId: await newApproval(engine, actor.companyId), payload: {} }),
  'approvals.cancel': async ({ actor }, engine) => ({ approvalId: await newApproval(engine, actor.companyId) }),
}

/** What the embedding program calls, with what has to be there before. Where both could, this one counts. */
const inputsOfProgram: Readonly<Record<string, Prepare>> = {
  'companies.create': async () => ({ name: 'Another' }),
  'companies.update': async ({ companyId }) => ({ companyId, name: 'Renamed' }),
  'companies.pause': async ({ companyId }) => ({ companyId }),
  'companies.resume': async ({ engine, companyId }) => {
    await engine.companies.pause({ companyId })
    return { companyId }
  },
  'companies.archive': async ({ companyId }) => ({ companyId }),
  'goals.create': async ({ companyId }) => ({ companyId, title: 'Grow' }),
  'goals.update': async ({ engine, companyId }) => {
    const goal = await engine.goals.create({ companyId, title: 'Grow' })
    return { goalId: goal.id, title: 'Grow more' }
  },
  'projects.create': async ({ companyId }) => ({ companyId, name: 'Shop' }),
  'projects.update': async ({ engine, companyId }) => {
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    return { projectId: project.id, status: 'in_progress' }
  },
  'sprints.create': async ({ companyId }) => ({ companyId, name: 'Week 1' }),
  'sprints.update': async ({ engine, companyId }) => {
    const sprint = await engine.sprints.create({ companyId, name: 'Week 1' })
    return { sprintId: sprint.id, status: 'active' }
  },
  'labels.create': async ({ companyId }) => ({ companyId, name: 'urgent' }),
  'labels.update': async ({ engine, companyId }) => {
    const label = await engine.labels.create({ companyId, name: 'urgent' })
    return { labelId: label.id, color: '#aa0000' }
  },
  'labels.delete': async ({ engine, companyId }) => {
    const label = await engine.labels.create({ companyId, name: 'urgent' })
    await engine.tasks.create({ companyId, title: 'Labelled', labels: [label.id] })
    return { labelId: label.id }
  },
  'agents.create': async ({ companyId }) => ({ companyId, name: 'Newcomer', role: 'worker', adapterType: 'scripted' }),
  'agents.update': async ({ agents }) => ({ agentId: agents[0], title: 'Chief' }),
  'agents.rollback': async ({ engine, agents: [agentId = ''] }) => {
    await engine.agents.update({ agentId, title: 'Chief' })
    return { agentId, revision: 1 }
  },
  'agents.pause': async ({ agents }) => ({ agentId: agents[0] }),
  'agents.resume': async ({ engine, agents: [agentId = ''] }) => {
    await engine.agents.pause({ agentId })
    return { agentId }
  },
  'agents.terminate': async ({ agents }) => ({ agentId: agents[0] }),
  'tasks.create': async ({ companyId }) => ({ companyId, title: 'Created' }),
  'tasks.createMany': async ({ companyId }) => ({ companyId, tasks: [{ title: 'One' }, { title: 'Two' }] }),
  'tasks.update': async (scene) => ({ taskId: await newTask(scene), title: 'Changed', priority: 'high' }),
  'tasks.assign': async (scene) => ({ taskId: await newTask(scene), agentId: scene.agents[1] }),
  'tasks.route': async (scene) => ({ taskId: await newTask(scene) }),
  'tasks.checkout': async (scene) => ({ taskId: await newTask(scene) }),
  'tasks.cancel': async (scene) => ({ taskId: await newTask(scene) }),
  'runs.claim': async (scene) => ({ runId: await queuedRun(scene), workerId: 'worker' }),
  'runs.sweep': async (scene) => {
    const held = await holdNewTask(scene.hasty, scene)
    // Its lease was for one millisecond.
    await wait(20)
    return { runId: held.runId }
  },
  'runs.cancel': async (scene) => ({ runId: await queuedRun(scene) }),
  'runs.retry': async (scene) => {
    const runId = await queuedRun(scene)
    await scene.engine.runs.cancel({ runId })
    return { runId }
  },
  'deliverables.review': async (scene) => {
    const { taskId, actor } = await holdNewTask(scene.engine, scene)
    const { id } = await scene.engine.as(actor).deliverables.submit({ taskId, title: 'Result', content: 'text' })
    return { deliverableId: id, decision: 'approved' }
  },
  'approvals.request': async ({ companyId }) => ({ companyId, type: 'hire_agent', payload: newcomer }),
  'approvals.approve': async ({ engine, companyId }) => {
    const { id, payloadHash } = await engine.approvals.request({ companyId, type: 'hire_agent', payload: newcomer })
    return { approvalId: id, payloadHash, createKey: true }
  },
  'approvals.reject': async ({ engine, companyId }) => ({ approvalId: await newHire(engine, companyId), note: 'No' }),
  'approvals.requestRevision': async ({ engine, companyId }) => ({ approvalId: await newHire(engine, companyId), note: 'Another role' }),
  'approvals.resubmit': async ({ engine, companyId }) => {
    const approvalId = await newHire(engine, companyId)
    await engine.approvals.requestRevision({ approvalId, note: 'Another role' })
    return { approvalId, payload: { ...newcomer, role: 'writer' } }
  },
  'approvals.cancel': async ({ engine, companyId }) => ({ approvalId: await newHire(engine, companyId) }),
}

const newcomer = { name: 'Newcomer', role: 'worker', adapterType: 'scripted' }

async function newHire(engine: Engine, companyId: string): Promise<string> {
  return (await engine.approvals.request({ companyId, type: 'hire_agent', payload: newcomer })).id
}

/** A request about a subject of its own. */
async function newApproval(engine: Engine, companyId: string): Promise<string> {
  return (await engine.approvals.request({ companyId, type: 'custom', subject: randomUUID(), payload: {} })).id
}

async function newTask({ engine, companyId, agents: [assigneeAgentId = ''] }: Preparation & Company): Promise<string> {
  return (await engine.tasks.create({ companyId, title: 'Prepared', assigneeAgentId })).id
}

/** A queued run of a task whose agent is executed by an engine. */
async function queuedRun({ engine }: Preparation): Promise<string> {
  const company = await foundCompany(engine, { agents: 1, isExecuted: true })
  const [agentId = ''] = company.agents
  const task = await engine.tasks.create({ companyId: company.companyId, title: 'Queued', assigneeAgentId: agentId })
  const [run] = (await engine.runs.list({ companyId: company.companyId, taskId: task.id })).items
  if (!run) throw new Error('an assigned task of an executed agent queued no run')
  return run.id
}

/** All commands of an engine. @throws when one of them has no input here, or an input no command */
export function commandNames(engine: Engine): string[] {
  const names = engine.registry.operations.flatMap(({ name, definition }) => (definition.kind === 'command' ? [name] : []))
  const known = [...Object.keys(inputsOfProgram), ...Object.keys(inputsOfRun)]
  const odd = [...names.filter((name) => !known.includes(name)), ...known.filter((name) => !names.includes(name))]
  if (odd.length > 0) throw new Error(`every-command.ts and the registry differ about ${odd.join(', ')}`)
  return names
}

/** Makes a call of this command ready, in a company of its own. */
export async function prepareCall(operation: string, preparation: Preparation): Promise<Call> {
  const company = await foundCompany(preparation.engine, { agents: 2 })
  const prepare = inputsOfProgram[operation]
  if (prepare) return { operation, actor: systemActor, input: await prepare({ ...preparation, ...company }) }
  const held = await holdNewTask(preparation.engine, company)
  return { operation, actor: held.actor, input: await inputOfRun(operation, held, preparation.engine) }
}

/** Every call by which a run changes something. @throws when there is a command for runs that has no input here */
export async function callsOfRun(engine: Engine, held: HeldTask): Promise<Call[]> {
  const allowed = engine.registry.operations.filter(
    ({ definition }) => definition.kind === 'command' && permissions[definition.access.scope].run !== 'never',
  )
  return Promise.all(allowed.map(async ({ name }) => ({ operation: name, actor: held.actor, input: await inputOfRun(name, held, engine) })))
}

async function inputOfRun(operation: string, held: HeldTask, engine: Engine): Promise<Input> {
  const inputOf = inputsOfRun[operation]
  if (!inputOf) throw new Error(`every-command.ts has no input for a run that calls ${operation}`)
  return inputOf(held, engine)
}
