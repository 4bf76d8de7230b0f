/**
 * - `order` the log's positions grow and no event is in it twice
 * - `version` an entity's version is 1 at first and grows with each change
 * - `move` each move begins where the last one ended, and is one that its machine has
 * - `one_owner` a task has at most one live owner, and a run starts only on the task that it claimed
 * - `fence` a task's fence grows by exactly one with each claim
 * - `one_life` a run is queued, starts and ends at most once each
 * - `fenced_write` a run writes nothing before its start and nothing after its end
 * - `limbo` a task in progress has an owner, and one that has left progress and review has none
 * - `acked` what a caller was told has happened is in the log
 * - `refused` what a caller was told has not happened is not
 * - `caused` a claim belongs to one call, whose caller was not told otherwise
 */
export type WitnessRule =
  'order' | 'version' | 'move' | 'one_owner' | 'fence' | 'one_life' | 'fenced_write' | 'limbo' | 'acked' | 'refused' | 'caused'

export interface Violation {
  readonly rule: WitnessRule
  /** Which list `position` counts in. */
  readonly source: 'log' | 'history'
  /** Index of the offending event or call. */
  readonly position: number
  /** What happened, with the ids and what would have been right. */
  readonly sentence: string
}
