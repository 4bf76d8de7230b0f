import type { Task } from '@engine/core/contract'

import type { InputOf } from '../../data/operations.ts'
import { priorities, statuses } from './moves.ts'

export type TaskFilter = Omit<InputOf<'tasks.list'>, 'companyId' | 'cursor' | 'limit'>

type Choices = Readonly<Record<string, string | undefined>>

const known = <Value extends string>(values: readonly Value[], text = '') => {
  const given = new Set(text.split(',').filter(Boolean))
  const chosen = values.filter((value) => given.has(value))
  return chosen.length > 0 ? chosen : undefined
}

/** What the server is asked for, of what an address says; what it says wrongly is left out. Pure. */
export function toFilter(choices: Choices): TaskFilter {
  const status = known(statuses, choices['status'])
  const priority = known(priorities, choices['priority'])
  const isOverdue = choices['overdue'] === 'yes' ? true : undefined
  const { agent, project, label } = choices
  return {
    ...(status && { status }),
    ...(priority && { priority }),
    ...(agent && { assigneeAgentId: agent }),
    ...(project && { projectId: project }),
    ...(label && { labelId: label }),
    ...(isOverdue && { isOverdue }),
  }
}

/** What of the loaded tasks has all words in its title or identifier. Pure. */
export function matching(tasks: readonly Task[], text: string): readonly Task[] {
  const sought = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (sought.length === 0) return tasks
  return tasks.filter(({ title, identifier }) => {
    const own = `${identifier} ${title}`.toLowerCase()
    return sought.every((word) => own.includes(word))
  })
}
