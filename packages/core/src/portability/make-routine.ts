import { requireRoutine, moveRoutine } from '../routines/change.ts'
import { addTrigger, create, update } from '../routines/commands/index.ts'
import type { Entry } from './format.ts'
import type { Making } from './making.ts'
import type { ImportItem } from './schema.ts'

/** Makes a routine that is paused, with schedules that are switched off. */
export async function makeRoutine(making: Making, { entry, item }: { entry: Entry<'routine'>; item: ImportItem }): Promise<{ id: string }> {
  const { context, idOf } = making
  const { head, body } = entry
  const { assignee, project, goal, ...template } = head.task
  const wish = {
    name: item.name,
    description: body === '' ? null : body,
    task: {
      ...template,
      assigneeAgentId: idOf('agent', assignee) ?? null,
      projectId: idOf('project', project) ?? null,
      goalId: idOf('goal', goal) ?? null,
    },
    variables: head.variables ?? [],
    concurrency: head.concurrency,
    catchUp: head.catchUp,
  }
  if (item.id !== null) {
    await update.handle(context, { ...wish, routineId: item.id }, undefined)
    await rest(making, item.id)
    return { id: item.id }
  }
  const routine = await create.handle(context, { companyId: context.companyId, ...wish }, undefined)
  await rest(making, routine.id)
  for (const { expression, timeZone } of head.schedules ?? []) {
    const trigger = { routineId: routine.id, kind: 'cron' as const, expression, timeZone, isEnabled: false }
    await addTrigger.handle(context, trigger, { id: context.newId(), key: null })
  }
  return routine
}

async function rest({ context }: Making, routineId: string): Promise<void> {
  const routine = await requireRoutine(context, routineId)
  if (routine.status === 'active') await moveRoutine(context, routine, { to: 'paused', verb: 'pause', reason: 'It was imported.' })
}
