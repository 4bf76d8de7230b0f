/**
 * State machines as data: one table a concept, read by the guards in SQL, by the pure tests and by the diagram in docs.
 */
export interface Machine<Status extends string, Verb extends string> {
  readonly name: string
  readonly statuses: readonly Status[]
  readonly moves: readonly Move<Status, Verb>[]
  /** The statuses from which `verb` may lead to `to`, for the WHERE of a guarded update. */
  sources(verb: Verb, to: Status): Status[]
  isLegal(from: Status, to: Status, verb: Verb): boolean
  /** The legal moves out of a status, for the answer to an illegal one. */
  legalFrom(from: Status): { to: Status; by: readonly Verb[] }[]
  isFinal(status: Status): boolean
}

interface Move<Status extends string, Verb extends string> {
  readonly from: Status
  readonly to: Status
  readonly by: readonly Verb[]
}

type Table<Status extends string, Verb extends string> = Record<Status, Partial<Record<Status, readonly Verb[]>>>

/** Builds a machine from its table `{ from: { to: [verbs] } }`; a status without moves is final. */
export function defineMachine<const Status extends string, const Verb extends string>(
  name: string,
  table: Table<Status, Verb>,
): Machine<Status, Verb> {
  // Object.entries forgets literal keys; the table's type has them.
  const statuses = Object.keys(table) as Status[]
  const moves = statuses.flatMap((from) =>
    (Object.entries(table[from]) as [Status, readonly Verb[]][]).map(([to, by]) => ({ from, to, by })),
  )
  return {
    name,
    statuses,
    moves,
    sources: (verb, to) => moves.filter((move) => move.to === to && move.by.includes(verb)).map((move) => move.from),
    isLegal: (from, to, verb) => moves.some((move) => move.from === from && move.to === to && move.by.includes(verb)),
    legalFrom: (from) => moves.filter((move) => move.from === from).map(({ to, by }) => ({ to, by })),
    isFinal: (status) => !moves.some((move) => move.from === status),
  }
}
