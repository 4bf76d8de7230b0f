import { defineMachine } from '../kernel/machine.ts'

/** `in_progress` is reached by checkout only, so such a task always has an owner run. */
export const taskMachine = defineMachine('task', {
  backlog: { todo: ['update'], in_progress: ['checkout'], cancelled: ['cancel'] },
  todo: { in_progress: ['checkout'], backlog: ['update'], blocked: ['block'], cancelled: ['cancel'] },
  in_progress: {
    in_review: ['submit', 'report', 'update'],
    todo: ['release', 'recover', 'report'],
    blocked: ['block', 'report', 'recover', 'ask'],
    done: ['complete', 'report'],
    cancelled: ['cancel'],
  },
  in_review: {
    todo: ['review', 'update'],
    in_progress: ['checkout'],
    done: ['review', 'complete'],
    blocked: ['review'],
    cancelled: ['review', 'cancel'],
  },
  blocked: { todo: ['update', 'answer'], in_progress: ['checkout'], cancelled: ['cancel'] },
  done: {},
  cancelled: {},
})
