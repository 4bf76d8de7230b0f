import type { Call } from './call.ts'
import type { AnyDefinition } from './command.ts'
import type { Host } from './host.ts'
import { parseInput } from './input.ts'

interface Said {
  readonly input: Record<string, unknown>
  /** For a call that failed: what it said was said by nobody. */
  takeBack(): void
}

/**
 * Parses the input of a call. What a run says goes nowhere with the value of a secret that this process gave it, also when the value
 * comes in the pieces of several calls (PROMISES S15).
 */
export function parseSaid(host: Pick<Host, 'redactors'>, definition: AnyDefinition, given: { input: unknown; call: Call }): Said {
  const { actor, isRedacted } = given.call
  const redaction = actor.kind === 'run' && isRedacted !== true ? host.redactors.get(actor.id) : undefined
  // What a refusal repeats of the input is blotted out as well.
  const input = parseInput(definition.input, redaction ? redaction.redactor.redactAll(given.input) : given.input)
  const pieces = definition.kind === 'command' ? definition.pieces : undefined
  if (!redaction || !pieces) return { input, takeBack: () => undefined }
  const { log } = redaction
  const takeBack = log.mark()
  let pushes = 0
  const whole = parseInput(definition.input, given.input)
  const redacted = pieces(whole, (stream, text) => {
    pushes += 1
    return log.push(stream, text)
  })
  return { input: redacted, takeBack: () => takeBack(pushes) }
}
