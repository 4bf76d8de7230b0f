import { z } from 'zod'

import { command } from '../../kernel/command.ts'
import { Id } from '../../kernel/schema.ts'
import { appendToLog } from '../log.ts'
import { logLimits } from '../log-limits.ts'

const LogEntry = z.strictObject({ stream: z.enum(['stdout', 'stderr', 'system']), text: z.string().min(1).max(1_000_000) })

export const appendLog = command({
  title: "Append to a run's log",
  description: 'Of a log that grows beyond its limit the beginning and the end are kept. Long texts become several chunks.',
  input: z.strictObject({ runId: Id, entries: z.array(LogEntry).min(1).max(100) }),
  output: z.object({
    sequence: z.number().int().describe('Of the last chunk.'),
    isFull: z.boolean().describe('Its middle is not kept any more.'),
  }),
  access: { scope: 'runs:work', company: 'run' },
  http: ['POST', '/runs/:runId/log'],
  mcp: { additive: true },
  unaudited: 'a log is kept beside the business, in its own sequence',
  locks: 'rows',
  pieces: (input, push) => {
    const entries = input.entries.map(({ stream, text }) => ({ stream, text: push(stream, text) }))
    return { ...input, entries: entries.filter(({ text }) => text !== '') }
  },
  async handle(context, { runId, entries }) {
    const { companyId, settings, now } = context
    const limits = logLimits(settings.runLogBytes)
    const { sequence, totalBytes } = await appendToLog(context.tx, { companyId, runId }, { entries, limits, now })
    return { sequence, isFull: totalBytes > limits.most }
  },
})
