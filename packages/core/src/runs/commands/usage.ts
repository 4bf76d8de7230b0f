import { z } from 'zod'

import { command, type CommandContext } from '../../kernel/command.ts'
import { Id } from '../../kernel/schema.ts'
import { requireRun } from '../end.ts'
import { Run } from '../schema.ts'
import { toRun } from '../table.ts'
import { keepUsage, UsageEntry } from '../usage.ts'

const told = {
  runId: Id,
  usages: z.array(UsageEntry).min(1).max(100),
  isResumed: z
    .boolean()
    .default(false)
    .describe('Whether it goes on from the session of the run before it, so that its counters do too; see `cumulative`.'),
}

const LateUsage = z.strictObject({ ...told, fence: z.number().int() })

const whenArchived = 'what was consumed has to be paid, wherever it was'

export const recordUsage = command({
  title: 'Say what a run consumed since it last said so',
  description: 'Each number counts once, however often it is said. It becomes costs of the run, at once and however the run ends.',
  input: z.strictObject(told),
  output: Run,
  access: { scope: 'runs:work', company: 'run' },
  http: ['POST', '/runs/:runId/usage'],
  whenArchived,
  locks: 'rows',
  handle: async (context, input) => keep(context, { ...input, fence: null }),
})

export const recordLateUsage = command({
  title: 'Keep what a run consumed that has lost its lease meanwhile',
  input: LateUsage,
  output: Run,
  access: { scope: 'engine:internal', company: 'run' },
  whenArchived,
  locks: 'rows',
  handle: keep,
})

async function keep(context: CommandContext, given: Omit<z.output<typeof LateUsage>, 'fence'> & { fence: number | null }): Promise<Run> {
  const run = await requireRun(context, given.runId)
  context.unchanged()
  return toRun(await keepUsage(context, run, { ...given, fence: given.fence ?? run.fence ?? 0 }))
}
