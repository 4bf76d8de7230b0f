/** What there is of a company that has just begun. */
export interface Beginning {
  /** Agents that are no people. */
  readonly agents: number
  readonly tasks: number
  readonly done: number
}

export type Step = 'hire' | 'task' | 'watch' | 'finished'

/** What comes next on the way to the first finished task. Pure. */
export function stepOf({ agents, tasks, done }: Beginning): Step {
  if (done > 0) return 'finished'
  if (agents === 0) return 'hire'
  return tasks === 0 ? 'task' : 'watch'
}

/** Whether somebody is still beginning: with more than one task they know the way. Pure. */
export function isBeginning({ tasks, done }: Beginning): boolean {
  return done === 0 && tasks <= 1
}
