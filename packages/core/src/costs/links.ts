import { goalOfTask } from '../goals/fallback.ts'
import type { Actor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { findRun } from '../runs/sql.ts'
import type { RunTable } from '../runs/table.ts'
import { agentOfTask, findTask, findTaskOfRun } from '../tasks/sql.ts'
import type { TaskTable } from '../tasks/table.ts'
import type { CostReport } from './input.ts'
import { knownNames } from './sql.ts'

type Named = Pick<CostReport, 'runId' | 'taskId' | 'projectId' | 'goalId' | 'agentId'>

export interface Links {
  readonly runId: string | null
  readonly taskId: string | null
  readonly projectId: string | null
  readonly goalId: string | null
  readonly agentId: string | null
}

/**
 * Finds what several costs are tied to: projects, goals and agents that they name by one statement, and what many of them name once. Null
 * for several is for who leaves these to the foreign keys, which say less of what is wrong.
 */
export async function createLinker(context: CommandContext, several: readonly Named[] | null): Promise<(named: Named) => Promise<Links>> {
  const { tx, companyId, actor } = context
  const ids = several?.flatMap(({ projectId = [], goalId = [], agentId = [] }) => [projectId, goalId, agentId, ownAgent(actor)].flat())
  const names = ids && (await knownNames(tx, { companyId, ids: [...new Set(ids)] }))
  const assertKnown = (entity: 'project' | 'goal' | 'agent', id: string) => !names || names.has(`${entity} ${id}`) || missing(entity, id)
  const ofCompany = <Row extends { company_id: string }>(row: Row | null) => (row?.company_id === companyId ? row : null)
  const run = memoized(async (id: string) => ofCompany(await findRun(tx, id)) ?? missing('run', id))
  const task = memoized(async (id: string) => ofCompany(await findTask(tx, id)) ?? missing('task', id))
  // The task of a run may have been deleted since.
  const ofRunTask = memoized(async (id: string) => ofCompany(await findTaskOfRun(tx, { task_id: id })))
  const served = memoized(async (id: string) => {
    const row = await ofRunTask(id)
    return row && goalOfTask(tx, row)
  })

  return async (named) => {
    const { runId, taskId, projectId, goalId, agentId } = { ...named, ...ownOf(actor, named) }
    const ofRun = runId === undefined ? null : await run(runId)
    const ofTask = taskId === undefined ? null : await task(taskId)
    const place = ofTask ?? (ofRun && (await ofRunTask(ofRun.task_id)))
    if (ofRun && ofTask && ofRun.task_id !== ofTask.id)
      throw ruleViolated(`The run ${ofRun.id} is of another task than ${ofTask.identifier}.`)
    if (ofRun && agentId !== undefined && agentId !== ofRun.agent_id)
      throw ruleViolated(`The run ${ofRun.id} is of another agent than ${agentId}.`)
    if (actor.kind === 'agent') assertOwn(actor, { run: ofRun, task: place, named })
    if (projectId !== undefined) assertKnown('project', projectId)
    if (goalId !== undefined) assertKnown('goal', goalId)
    if (agentId !== undefined) assertKnown('agent', agentId)
    return {
      runId: ofRun?.id ?? null,
      taskId: ofRun?.task_id ?? place?.id ?? null,
      projectId: projectId ?? place?.project_id ?? null,
      goalId: goalId ?? (place && (await served(place.id))),
      agentId: agentId ?? ofRun?.agent_id ?? (place && agentOfTask(place)),
    }
  }
}

/** As whose an agent or a run reports, whether it says so or not. */
function ownAgent(actor: Actor): string[] {
  if (actor.kind === 'run') return [actor.agentId]
  return actor.kind === 'agent' ? [actor.id] : []
}

/** What a run reports is of itself and its task, and what an agent reports its own, whether it says so or not. @throws `forbidden` */
function ownOf(actor: Actor, named: Named): Named {
  if (actor.kind !== 'run' && actor.kind !== 'agent') return {}
  const isOthers =
    named.projectId !== undefined ||
    named.goalId !== undefined ||
    (named.agentId !== undefined && named.agentId !== (actor.kind === 'run' ? actor.agentId : actor.id)) ||
    (actor.kind === 'run' && named.runId !== undefined && named.runId !== actor.id)
  if (isOthers) throw notOwn('It names neither another run or agent, nor a project or a goal: these are taken from the task.')
  if (actor.kind === 'agent') return { agentId: actor.id }
  // Another task than its own is refused with the run's.
  return { runId: actor.id, agentId: actor.agentId }
}

function assertOwn(actor: { id: string }, given: { run: RunTable | null; task: TaskTable | null; named: Named }): void {
  const { run, task } = given
  if (run ? run.agent_id === actor.id : task && agentOfTask(task) === actor.id) return
  throw notOwn('It names the task or the run in `taskId` or `runId`.')
}

function notOwn(advice: string): EngineError {
  const message = `An agent or a run reports only what its own task cost (scope costs:report). ${advice}`
  return new EngineError(kernelErrors.forbidden, message, { details: { scope: 'costs:report' } })
}

function missing(entity: string, id: string): never {
  throw notInCompany({ field: `${entity}Id`, entity, reference: id })
}

function memoized<Found>(find: (id: string) => Promise<Found>): (id: string) => Promise<Found> {
  const known = new Map<string, Found>()
  return async (id) => {
    const found = known.get(id) ?? (await find(id))
    known.set(id, found)
    return found
  }
}
