import { z } from 'zod'

import { command } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { closeBreaker } from './change.ts'
import { Breaker } from './schema.ts'
import { findBreaker } from './sql.ts'
import { toBreaker } from './table.ts'

export const close = command({
  title: 'Let work start at a provider again, before its time',
  description: 'For somebody who knows that it works again. When it does not, its breaker opens again with the first run that fails.',
  input: z.strictObject({ breakerId: Id }),
  output: Breaker,
  access: { scope: 'agents:manage', company: 'breaker' },
  http: ['POST', '/breakers/:breakerId/close'],
  async handle(context, input) {
    const breaker = await findBreaker(context.tx, input.breakerId)
    if (!breaker) throw notFound('breaker', input.breakerId)
    if (breaker.status !== 'closed') return toBreaker(await closeBreaker(context, breaker, { verb: 'close', by: 'hand' }))
    context.unchanged()
    return toBreaker(breaker)
  },
})
