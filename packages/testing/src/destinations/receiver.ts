import type { Destination, JsonObject } from '@engine/core/plugin'

/**
 * What a receiver does with the tries that follow: takes them · has no time now · will never take them · does not answer · ends the
 * connection without an answer · refuses them and says all back that it was sent, secrets too
 */
export type Answering = 'take' | 'busy' | 'refuse' | 'silent' | 'gone' | 'echo'

export interface Received {
  /** What tells the receiver that it has this delivery already. */
  readonly id: string
  /** All that it was sent, readable. */
  readonly text: string
}

/** The other side, on this machine, for one test. */
export interface Receiver {
  /** As an operator writes it, with the secrets that this receiver takes. */
  readonly config: JsonObject
  /** The same with a secret that this receiver does not take. */
  readonly wrongConfig?: JsonObject
  answer(how: Answering): void
  /** What it took, oldest first. */
  received(): readonly Received[] | Promise<readonly Received[]>
  /** How many tries it has seen. */
  asked(): number
  /** How long it asks to be left alone while it is busy, when it says so, milliseconds. */
  readonly busyForMs?: number
  dispose(): Promise<void>
}

export interface DestinationToTest {
  /** Stands in the names of the tests. */
  readonly name: string
  create(): Destination
  /** The least that a configuration needs. */
  readonly leastConfig: JsonObject
  /** Opened for each test, and disposed of after it. */
  receiver(): Promise<Receiver> | Receiver
  /** What stands in the configurations of the receiver and may be told to nobody. */
  readonly secrets?: readonly string[]
  /** Whether files are delivered too. */
  readonly takesFiles?: boolean
  /** Names of tests that this destination can not pass, each with the reason, which is printed. */
  readonly skip?: Readonly<Record<string, string>>
}
