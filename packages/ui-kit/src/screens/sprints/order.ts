import type { Sprint } from '@engine/core/contract'

const turn = { active: 0, planning: 1, completed: 2, cancelled: 2 } as const satisfies Record<Sprint['status'], number>

/** The sprints that run first, then those that are planned, then those that are over, the latest of these first. Pure. */
export function inTurn<One extends Pick<Sprint, 'id' | 'status'>>(sprints: readonly One[]): readonly One[] {
  return sprints.toSorted((one, other) => {
    const apart = turn[one.status] - turn[other.status]
    if (apart !== 0) return apart
    return turn[one.status] === 2 ? other.id.localeCompare(one.id) : one.id.localeCompare(other.id)
  })
}
