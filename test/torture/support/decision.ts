import type { Call } from './commands/call.ts'
import type { Place } from './place.ts'

/** The tries of the process that dies. */
export const dying = 'dying'

export interface DeciderPlan {
  readonly place: Place
}

/** A call of somebody who decides: repeated with its key it is the same decision. */
export interface DecisionCall extends Call {
  readonly key: string
  /** What every answer to it is, when it may never be heard: the codes. */
  readonly refusedWith?: readonly string[]
}

/** What a process is told to do: all at the same time. */
export interface Decide {
  readonly kind: 'decide'
  readonly calls: readonly DecisionCall[]
  /** Names this try, also in the log. */
  readonly as: string
}

/** What somebody was told. */
export interface Told {
  readonly kind: 'told'
  readonly key: string
  /** Which try this was. */
  readonly as: string
  /** The answer as JSON, or the code of a refusal. */
  readonly acked: string | null
  readonly refused: string | null
}
