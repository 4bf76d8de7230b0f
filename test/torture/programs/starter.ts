// Opens databases when it is told to, at the same moment as others do.
import { createEngine, silentLogger } from '@engine/core'

import { foundCompany } from '../support/company.ts'
import { storageAt, type Place } from '../support/place.ts'
import { onMessage, planOf, tell } from '../support/program.ts'

export interface Open {
  readonly kind: 'open'
  readonly place: Place
}

export interface Opened {
  readonly kind: 'opened'
  /** The migrations that this process applied. */
  readonly applied: readonly string[]
  /** Why it could not open the database or write into it. */
  readonly problem: string | null
}

planOf()
onMessage<Open>(({ place }) => {
  void open(place).then(tell)
})
tell({ kind: 'ready' })

async function open(place: Place): Promise<Opened> {
  const applied: string[] = []
  const note = (_message: string, fields: Record<string, unknown> = {}) => {
    if (Array.isArray(fields['applied'])) applied.push(...fields['applied'].map(String))
  }
  try {
    const engine = await createEngine({ storage: storageAt(place), logger: { ...silentLogger, info: note } })
    await foundCompany(engine, { agents: 0 })
    await engine.stop()
    return { kind: 'opened', applied, problem: null }
  } catch (error) {
    return { kind: 'opened', applied, problem: error instanceof Error ? error.message : String(error) }
  }
}
