import type { Storage } from '@engine/core'

import { watchStatements, type Statement } from './count-statements.ts'

export interface Recording {
  readonly storage: Storage
  /** Runs work and gives what it sent to the database, in order. */
  during(work: () => Promise<unknown>): Promise<Sent>
}

export interface Sent {
  readonly statements: readonly Statement[]
  /** Statements, begins, commits and rollbacks: on a server each is a round trip. */
  readonly roundTrips: number
  /** From sending each statement to having its answer, summed. */
  readonly storageMs: number
}

interface Tally extends Sent {
  readonly statements: Statement[]
  roundTrips: number
  storageMs: number
}

const newTally = (): Tally => ({ statements: [], roundTrips: 0, storageMs: 0 })

/** The same storage, recording what it is asked for. */
export function recordStatements(storage: Storage): Recording {
  let tally = newTally()
  const watched = watchStatements(storage, {
    onControl: () => void (tally.roundTrips += 1),
    onStatement: ({ sql, parameters }) => {
      const [current, startedMs] = [tally, performance.now()]
      current.statements.push({ sql, parameters })
      current.roundTrips += 1
      return () => void (current.storageMs += performance.now() - startedMs)
    },
  })
  return {
    storage: watched,
    async during(work) {
      const sent = newTally()
      tally = sent
      await work()
      tally = newTally()
      return sent
    },
  }
}
