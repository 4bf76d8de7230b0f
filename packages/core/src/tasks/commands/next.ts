import { z } from 'zod'

import { requireAgent } from '../../agents/change.ts'
import { findColleague } from '../../agents/sql.ts'
import { changedMeanwhile } from '../../kernel/change.ts'
import { command } from '../../kernel/command.ts'
import { EngineError, notFound, ruleViolated } from '../../kernel/errors.ts'
import { Run } from '../../runs/schema.ts'
import { nextBatch } from '../next-batch.ts'
import { Task } from '../schema.ts'
import { startRun } from '../start.ts'
import { takeStartable } from '../startable.ts'

/** What a checkout says when somebody came between our look and our claim; the next look finds something else. */
const overtaken: ReadonlySet<string> = new Set(['checkout_conflict', 'task_blocked', 'task_held', 'illegal_transition'])

export const next = command({
  title: 'Check out the next task for me',
  description:
    'The most urgent task that can start: first those assigned to the calling agent, then those of nobody whose required capabilities it has. No two calls get the same. All fields are null when there is none.',
  input: z.strictObject({}),
  output: z.object({ task: Task.nullable(), run: Run.nullable(), credential: z.string().nullable() }),
  access: { scope: 'agents:self', company: 'actor' },
  http: ['POST', '/agents/me/tasks/next'],
  mcp: { additive: true },
  locks: 'rows',
  batch: nextBatch,
  async handle(context) {
    const { actor, companyId, tx } = context
    if (actor.kind !== 'agent') throw ruleViolated('A run works on the task that it has. The agent asks for the next one with its own key.')
    const caller = await findColleague(tx, { companyId, agentId: actor.id })
    if (!caller) throw notFound('agent', actor.id)
    const task = await takeStartable(tx, { companyId, agentId: caller.id, capabilities: caller.capabilities })
    if (!task) {
      context.unchanged()
      return { task: null, run: null, credential: null }
    }
    // Tasks are locked before agents.
    const agent = await requireAgent(context, caller.id)
    try {
      return await startRun(context, { task, agent })
    } catch (error) {
      throw EngineError.isInstance(error) && overtaken.has(error.code) ? changedMeanwhile('task', task.id) : error
    }
  },
})
