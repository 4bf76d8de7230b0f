import { EngineError, kernelErrors } from './errors.ts'
import type { Machine } from './machine.ts'

/** Explains a guarded update that met another status: says where the thing stands and which moves are legal. */
export function illegalTransition<Status extends string, Verb extends string>(
  machine: Machine<Status, Verb>,
  from: Status,
  attempt: { to: Status; verb: Verb },
): EngineError {
  const legal = machine.legalFrom(from)
  const offers = legal.map((move) => `${move.to} (${move.by.join(', ')})`).join(', ')
  const advice = legal.length === 0 ? `${from} is final.` : `Legal from ${from}: ${offers}.`
  return new EngineError(
    kernelErrors.illegal_transition,
    `This ${machine.name} is ${from}; "${attempt.verb}" cannot take it to ${attempt.to}. ${advice}`,
    { details: { from, to: attempt.to, verb: attempt.verb, legal: legal.map((move) => ({ to: move.to, by: [...move.by] })) } },
  )
}

/** Throws `illegal_transition` unless the machine has that move. */
export function assertTransition<Status extends string, Verb extends string>(
  machine: Machine<Status, Verb>,
  from: Status,
  attempt: { to: Status; verb: Verb },
): void {
  if (!machine.isLegal(from, attempt.to, attempt.verb)) throw illegalTransition(machine, from, attempt)
}
