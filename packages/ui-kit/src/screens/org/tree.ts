import type { OrgNode } from '@engine/core/contract'

/** An agent in the order in which the chart is read, with its neighbours. */
export interface Seat {
  readonly id: string
  readonly name: string
  readonly managerId: string | null
  readonly reportIds: readonly string[]
}

/** From top to bottom, everyone before who reports to them. Pure. */
export function seatsOf(agents: readonly OrgNode[], managerId: string | null = null): readonly Seat[] {
  return agents.flatMap(({ id, name, reports }) => [
    { id, name, managerId, reportIds: reports.map((report) => report.id) },
    ...seatsOf(reports, id),
  ])
}

/** Whom an agent can report to: anybody who is not itself, not below it, and not its manager already. Pure. */
export function managersFor(seats: readonly Seat[], id: string): readonly Seat[] {
  const below = new Set([id])
  // Who comes later in this order is never above.
  for (const seat of seats) if (seat.managerId !== null && below.has(seat.managerId)) below.add(seat.id)
  const present = seats.find((seat) => seat.id === id)?.managerId
  return seats.filter((seat) => !below.has(seat.id) && seat.id !== present)
}

/** Where an arrow leads from somebody. Pure. */
export function neighbour(seats: readonly Seat[], from: string, arrow: 'up' | 'down' | 'left' | 'right'): string | null {
  const at = seats.findIndex(({ id }) => id === from)
  const seat = seats[at]
  if (!seat) return seats[0]?.id ?? null
  switch (arrow) {
    case 'up':
      return seats[at - 1]?.id ?? null
    case 'down':
      return seats[at + 1]?.id ?? null
    case 'left':
      return seat.managerId
    case 'right':
      return seat.reportIds[0] ?? null
  }
}
