import type { JsonObject } from '@engine/core/plugin'

import type { Fact } from './facts.ts'

/** A talk with a program that is told things while it works, one JSON object a line in both directions. Pure: it only says what to send. */
export interface Dialogue {
  begin(prompt: string): readonly JsonObject[]
  take(line: JsonObject): Turn
}

export interface Turn {
  /** Null for a line that nobody knows. */
  readonly facts: readonly Fact[] | null
  readonly send: readonly JsonObject[]
  /** Nothing more is to come: the program may end, and how it does says nothing about its work. */
  readonly isOver: boolean
}
