import { z } from 'zod'

import { command, type CommandContext } from '../../kernel/command.ts'
import { EngineError, ruleViolated, withoutCredential } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { requireRoutine } from '../change.ts'
import { routineErrors, staleDelivery } from '../errors.ts'
import { fireRoutine } from '../fire.ts'
import { isKeyOf, keyOfDelivery } from '../keys.ts'
import { mapBody } from '../mapping.ts'
import { FireStatus } from '../schema.ts'
import { ageMs, deliveryHeaders, deliveryIdOf, type DeliveryHeaders } from '../signatures.ts'
import { findFire, findTrigger, firedAt } from '../sql.ts'
import { toRoutine, type RoutineFireTable, type RoutineTriggerTable } from '../table.ts'
import { valuesOf } from '../variables.ts'
import { assertAtWork } from './fire.ts'

const bodyLimit = 256 * 1024
const mostAMinute = 60
const minuteMs = 60_000

const Headers = z.partialRecord(z.enum(deliveryHeaders), z.string().max(4_096))

export const receive = command({
  title: 'Take a delivery of another system, which fires a routine',
  description:
    'The signature, or the key, is the credential; no other is needed. A delivery that is known already is answered as it was the first time (200), a new one with 202.',
  input: z.strictObject({
    triggerId: Id,
    body: z.string().max(bodyLimit).describe('As it was sent, to the byte.'),
    headers: Headers,
  }),
  output: z.object({
    status: FireStatus,
    fireId: Id,
    taskId: Id.nullable(),
    isRepeat: z.boolean().describe('Whether this delivery had come before; then nothing was done.'),
  }),
  access: { scope: 'routines:receive', company: 'trigger', carriesCredential: true },
  http: ['POST', '/hooks/:triggerId'],
  takesRequest: { headers: deliveryHeaders, limit: bodyLimit },
  successes: ['accepted', 'done'],
  success: ({ isRepeat }) => (isRepeat ? 'done' : 'accepted'),
  async prepare(context, { triggerId, ...delivery }): Promise<string | null> {
    const trigger = await findTrigger(context.db, triggerId)
    return trigger && keyOfDelivery(context, trigger, delivery)
  },
  async handle(context, { triggerId, headers, body }, keyText) {
    const trigger = await findTrigger(context.tx, triggerId)
    if (!trigger || trigger.company_id !== context.companyId || !isKeyOf(trigger, keyText, context.now)) throw withoutCredential('trigger')
    assertFresh(context, trigger, headers)
    const deliveryId = readDeliveryId(trigger, headers)
    const known = deliveryId === null ? null : await findFire(context.tx, trigger, { deliveryId })
    if (known) {
      context.unchanged()
      return answer(known, true)
    }
    const routine = await requireRoutine(context, trigger.routine_id)
    if (trigger.is_enabled === 0) throw ruleViolated('This trigger is switched off, so it takes no deliveries.')
    await assertAtWork(context, routine)
    await assertRate(context, trigger)
    const values = () => valuesOf(toRoutine(routine).variables, mapBody(JSON.parse(trigger.mapping), body))
    return answer(await fireRoutine(context, { routine, trigger, source: 'webhook', deliveryId, values }), false)
  },
})

/** Why it failed is for those who may read the routine. */
function answer({ status, id, task_id }: RoutineFireTable, isRepeat: boolean) {
  return { status, fireId: id, taskId: task_id, isRepeat }
}

/** @throws `stale_delivery` with what the window is */
function assertFresh({ clock }: CommandContext, { scheme, window_sec }: RoutineTriggerTable, headers: DeliveryHeaders): void {
  const age = scheme && ageMs(scheme, headers, clock.now())
  if (age === null || window_sec === null || age <= window_sec * 1_000) return
  throw staleDelivery(window_sec)
}

const longestDeliveryId = 200

function readDeliveryId({ scheme }: RoutineTriggerTable, headers: DeliveryHeaders): string | null {
  const id = scheme && deliveryIdOf(scheme, headers)
  if (id === null && scheme !== 'bearer')
    throw ruleViolated(`This delivery has no id. Send it in the header ${scheme === 'github' ? 'x-github-delivery' : 'webhook-id'}.`)
  if (id !== null && id.length > longestDeliveryId) throw ruleViolated(`The id of a delivery has at most ${longestDeliveryId} characters.`)
  return id
}

/** @throws `rate_limited` */
async function assertRate(context: CommandContext, trigger: RoutineTriggerTable): Promise<void> {
  const oldest = await firedAt(context.tx, trigger, mostAMinute - 1)
  const retryAfterMs = oldest === null ? 0 : Date.parse(oldest) + minuteMs - Date.parse(context.now)
  if (retryAfterMs <= 0) return
  throw new EngineError(
    routineErrors.rate_limited,
    `A trigger takes ${mostAMinute} deliveries a minute. Send this one again in ${Math.ceil(retryAfterMs / 1_000)} s.`,
    { details: { retryAfterMs, mostAMinute } },
  )
}
