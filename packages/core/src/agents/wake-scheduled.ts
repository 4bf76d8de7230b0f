import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { Id } from '../kernel/schema.ts'
import { isoTime } from '../ports/clock.ts'
import { wake } from '../runs/wake.ts'
import { takeUnqueued } from '../tasks/startable.ts'
import { requireAgent } from './change.ts'
import { moveOn } from './schedule.ts'
import type { AgentSchedule } from './schema.ts'
import { findColleague } from './sql.ts'

export const wakeScheduled = command({
  title: 'Wake agents whose schedule is due for the most urgent task that each could take',
  input: z.strictObject({ companyId: Id, agentIds: z.array(Id).min(1).max(100) }),
  output: z.object({ woken: z.number().int() }),
  access: { scope: 'engine:internal', company: 'company' },
  locks: 'rows',
  async handle(context, { agentIds }) {
    let woken = 0
    for (const agentId of agentIds) if (await wakeOne(context, agentId)) woken += 1
    if (woken === 0) context.unchanged()
    return { woken }
  },
})

/** Without a task to take nothing changes: the look is made again at the next sweep, and no run is there that would find nothing. */
async function wakeOne(context: CommandContext, agentId: string): Promise<boolean> {
  const { tx, companyId, clock, now } = context
  const seen = await findColleague(tx, { companyId, agentId })
  if (!seen) return false
  const task = await takeUnqueued(tx, { companyId, agentId, capabilities: seen.capabilities })
  if (!task) return false
  // Tasks are locked before agents.
  const agent = await requireAgent(context, agentId)
  if (agent.schedule === null || agent.status !== 'idle') return false
  const { intervalSec }: AgentSchedule = JSON.parse(agent.schedule)
  if (!(await moveOn(tx, { companyId, agentId, now, next: isoTime(clock.now() + intervalSec * 1_000) }))) return false
  return (await wake(context, { agent, task, reason: 'timer' })) !== null
}
