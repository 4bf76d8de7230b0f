import { z } from 'zod'

import { findCompany } from '../../companies/sql.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { notFound, ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { requireRoutine } from '../change.ts'
import { fireRoutine } from '../fire.ts'
import { Fire, Values } from '../schema.ts'
import { toFire, toRoutine, type RoutineTable } from '../table.ts'
import { valuesOf } from '../variables.ts'

export const fire = command({
  title: 'Fire a routine now',
  description: 'Answers with what became of it; a task that can not be made is a fire with the status `failed` and its reason.',
  input: z.strictObject({ routineId: Id, variables: Values.optional() }),
  output: Fire,
  access: { scope: 'routines:fire', company: 'routine' },
  http: ['POST', '/routines/:routineId/fire'],
  creates: true,
  async handle(context, input) {
    const routine = await requireRoutine(context, input.routineId)
    await assertAtWork(context, routine)
    const values = valuesOf(toRoutine(routine).variables, input.variables ?? {})
    return toFire(await fireRoutine(context, { routine, trigger: null, source: 'api', values: () => values }))
  },
})

/** @throws `rule_violated` when the routine or its company is paused or archived */
export async function assertAtWork(context: CommandContext, routine: RoutineTable): Promise<void> {
  const company = await findCompany(context.tx, context.companyId)
  if (!company) throw notFound('company', context.companyId)
  if (company.status !== 'active')
    throw ruleViolated(`The company is ${company.status}, so its routines do not fire.`, { status: company.status })
  if (routine.status === 'active') return
  const why = routine.pause_reason === null ? '' : ` (${routine.pause_reason})`
  throw ruleViolated(`This routine is ${routine.status}${why}, so it does not fire.`, { status: routine.status })
}
