import { defineMachine } from '../kernel/machine.ts'

export const projectMachine = defineMachine('project', {
  backlog: { planned: ['update'], in_progress: ['update'], cancelled: ['update'] },
  planned: { backlog: ['update'], in_progress: ['update'], cancelled: ['update'] },
  in_progress: { planned: ['update'], completed: ['update'], cancelled: ['update'] },
  completed: { in_progress: ['update'] },
  cancelled: {},
})
