import type { OutputOf } from '../../data/operations.ts'

type GoalNode = OutputOf<'goals.tree'>['goals'][number]

/** A goal in a list, with how deep it lies and how many lie directly below it. */
export interface FlatGoal {
  readonly id: string
  readonly level: number
  readonly goal: GoalNode
}

/** A tree as the list that is read from top to bottom. Pure. */
export function flatten(goals: readonly GoalNode[], level = 0): readonly FlatGoal[] {
  return goals.flatMap((goal) => [{ id: goal.id, level, goal }, ...flatten(goal.goals, level + 1)])
}
