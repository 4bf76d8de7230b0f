// Companies for torture loops: each history and each kill gets one of its own, since a log belongs to a company.
import { randomUUID } from 'node:crypto'

import { EngineError, type AnyEvent, type Engine, type JsonObject, type RunActor } from '@engine/core'

export interface Company {
  readonly companyId: string
  readonly agents: readonly string[]
}

export interface Staff {
  readonly agents: number
  readonly adapterType?: string
  readonly adapterConfig?: JsonObject
  /** Whether the engine starts work for them by itself. */
  readonly isExecuted?: boolean
  readonly maxConcurrentRuns?: number
}

export async function foundCompany(engine: Engine, staff: Staff): Promise<Company> {
  const { id: companyId } = await engine.companies.create({ name: 'Acme', taskPrefix: newPrefix() })
  const agents: string[] = []
  for (let index = 0; index < staff.agents; index += 1) {
    const agent = await engine.agents.create({
      companyId,
      name: `Agent ${index}`,
      role: 'worker',
      adapterType: staff.adapterType ?? 'scripted',
      ...(staff.adapterConfig && { adapterConfig: staff.adapterConfig }),
      executionMode: staff.isExecuted ? 'auto' : 'manual',
      maxConcurrentRuns: staff.maxConcurrentRuns ?? 50,
    })
    agents.push(agent.id)
  }
  return { companyId, agents }
}

/** Prefixes are unique in a database, and there are many companies in one. */
function newPrefix(): string {
  const letters = 'ABCDEFGHIJKLMNOP'
  return randomUUID()
    .slice(0, 8)
    .replaceAll(/./g, (digit) => letters.charAt(Number.parseInt(digit, 16)))
}

/** A company's whole log in the order of `seq`. */
export async function readLog(engine: Engine, companyId: string): Promise<AnyEvent[]> {
  const events: AnyEvent[] = []
  for (let cursor: string | null | undefined = undefined; cursor !== null;) {
    const page: Awaited<ReturnType<typeof engine.events.list>> = await engine.events.list({
      companyId,
      limit: 100,
      ...(cursor && { cursor }),
    })
    // The queries answer with events as the stream has them.
    events.push(...(page.items as AnyEvent[]))
    cursor = page.nextCursor
  }
  return events.toSorted((left, right) => left.seq - right.seq)
}

export interface HeldTask {
  readonly taskId: string
  readonly runId: string
  readonly actor: RunActor
  readonly credential: string
  /** What its agent asked about the task, when it had to be before the run lost it. */
  readonly interactionId?: string
  /** A call for which tokens are held. */
  readonly holdId?: string
}

/** A task of an agent, checked out for it by its credential. */
export async function holdNewTask(engine: Engine, { companyId, agents }: Company): Promise<HeldTask> {
  const [agentId = ''] = agents
  const task = await engine.tasks.create({ companyId, title: 'Hold', assigneeAgentId: agentId })
  return hold(engine, { taskId: task.id, agentId })
}

export async function hold(engine: Engine, given: { taskId: string; agentId: string }): Promise<HeldTask> {
  const { run, credential } = await engine.tasks.checkout(given)
  const actor = await engine.authenticate(credential ?? '')
  if (actor?.kind !== 'run') throw new Error('the credential of a checkout is unknown')
  return { taskId: given.taskId, runId: run.id, actor, credential: credential ?? '' }
}

/** The code that a call was refused with; null when it succeeded. @throws what is no answer of the engine */
export async function refusalOf(call: Promise<unknown>): Promise<string | null> {
  try {
    await call
    return null
  } catch (error) {
    if (EngineError.isInstance(error)) return error.code
    throw error
  }
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
