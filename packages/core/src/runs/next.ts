import type { AgentTable } from '../agents/table.ts'
import type { EngineError } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { taskMachine } from '../tasks/machine.ts'
import type { TaskTable } from '../tasks/table.ts'
import { runMachine } from './machine.ts'
import type { RunNext, RunStatus } from './schema.ts'
import type { RunTable } from './table.ts'

/** What a run's next step depends on. */
export interface NextFacts {
  readonly run: Pick<RunTable, 'status' | 'available_at'>
  readonly task: Pick<TaskTable, 'identifier' | 'status' | 'blocked_reason' | 'blocked_owner'>
  /** Of the run that is to start. */
  readonly agent: Pick<AgentTable, 'name' | 'status' | 'error_message' | 'execution_mode'>
  /** The newest run of the task that came after this one, or else the one that is queued. */
  readonly later: Pick<RunTable, 'id' | 'status' | 'available_at'> | null
  /** Whether the agent itself takes it, and not a worker. */
  readonly isTakenByAgent: boolean
  /** What a checkout would be refused with now; null when it would not be, or nobody asked. */
  readonly hindrance: EngineError | null
}

/** Runs that did not end as they should; a cancelled one was somebody's wish. */
const unfortunate: ReadonlySet<RunStatus> = new Set(['failed', 'timed_out', 'lost'])

/** Whether there is a next step to tell of. Pure. */
export function hasNext(status: RunStatus): boolean {
  return status === 'queued' || status === 'waiting' || unfortunate.has(status)
}

const nothing = { at: null, runId: null, owner: null, code: null } as const

/** What happens next; null for a run that is under way, or ended as it should. Pure. */
export function nextOf(facts: NextFacts): RunNext | null {
  const { run, later } = facts
  if (run.status === 'queued') return { ...nothing, kind: 'starts', ...start(run, facts, 'It') }
  if (run.status === 'waiting') {
    const message = facts.hindrance?.message ?? 'It goes on when its question is answered.'
    return { ...nothing, kind: 'waits', message, code: facts.hindrance?.code ?? null }
  }
  if (!unfortunate.has(run.status)) return null
  if (!later) return withoutSuccessor(facts)
  if (later.status === 'queued') return { ...nothing, kind: 'retry', runId: later.id, ...start(later, facts, 'The next run') }
  const message = runMachine.isFinal(later.status) ? `A later run ended as ${later.status}.` : `A later run is ${later.status}.`
  return { ...nothing, kind: 'followed', runId: later.id, message }
}

function start(
  queued: Pick<RunTable, 'available_at'>,
  { agent, isTakenByAgent, hindrance }: NextFacts,
  subject: 'It' | 'The next run',
): Pick<RunNext, 'message' | 'at' | 'code'> & Partial<Pick<RunNext, 'owner'>> {
  const at = queued.available_at
  // Nothing but a person lets an agent go on that is in error.
  const byWhom = agent.status === 'error' && { owner: 'operator' }
  if (hindrance) return { message: `${subject} starts when this is over: ${hindrance.message}`, at, code: hindrance.code, ...byWhom }
  const why = agent.error_message === null ? '' : ` (${agent.error_message})`
  if (agent.status !== 'idle')
    return {
      message: `${subject} starts when the agent ${agent.name}, which is ${agent.status}${why}, is resumed.`,
      at,
      code: 'agent_unavailable',
      ...byWhom,
    }
  if (isTakenByAgent)
    return { message: `${agent.name} takes ${subject === 'It' ? 'it' : 'the next run'} by itself when it asks for work.`, at, code: null }
  return { message: `${subject} starts at ${at}, or as soon after as there is room.`, at, code: null }
}

/** Who can unblock a task: whoever has a role, or a name of their own. What an id stands for, `owner` says to whoever can look it up. */
function unblocks(owner: string | null): string {
  if (owner !== null && Id.safeParse(owner).success) return 'Once it is unblocked,'
  const who = owner === 'admin' ? 'An admin' : owner === null || owner === 'operator' ? 'An operator' : owner
  return `${who} can unblock it; then`
}

function withoutSuccessor({ task, agent }: NextFacts): RunNext {
  const { identifier, status } = task
  if (status === 'blocked') {
    const owner = task.blocked_owner
    const reason = task.blocked_reason === null ? '' : `: ${task.blocked_reason.replace(/\.$/, '')}`
    const message = `${identifier} is blocked${reason}. ${unblocks(owner)} runs.retry starts it again.`
    return { ...nothing, kind: 'blocked', message, owner }
  }
  if (taskMachine.isFinal(status)) return { ...nothing, kind: 'over', message: `${identifier} is ${status}; nothing follows.` }
  if (status === 'todo') {
    const isByItself = agent.execution_mode === 'auto'
    const who = isByItself ? 'runs.retry starts it again' : `${agent.name} takes it again by itself, or somebody else does`
    return { ...nothing, kind: 'open', message: `${identifier} is open, and no run is queued: ${who}.` }
  }
  return { ...nothing, kind: 'open', message: `${identifier} is ${status}; nothing starts by itself.` }
}
