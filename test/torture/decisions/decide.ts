import { EngineError, type Engine } from '@engine/core'

import type { DecisionCall, Told } from '../support/decision.ts'

/** Makes a call of somebody who decides. What is no answer of the engine counts as a refusal that nobody expects. */
export async function decide(engine: Engine, call: DecisionCall, as: string): Promise<Told> {
  const { key, operation, actor, input } = call
  try {
    const answer = await engine.execute(operation, { input, actor, idempotencyKey: key, requestId: `${key} ${as}` })
    return { kind: 'told', key, as, acked: JSON.stringify(answer), refused: null }
  } catch (error) {
    return { kind: 'told', key, as, acked: null, refused: EngineError.isInstance(error) ? error.code : String(error) }
  }
}
