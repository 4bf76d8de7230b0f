import { createHash, timingSafeEqual } from 'node:crypto'

import { EngineError, type Actor, type Engine, type Health } from '@engine/core'

import { httpErrors } from './errors.ts'
import { statusOfKind } from './problem.ts'
import { json, type WireRequest, type WireResponse } from './wire.ts'

export interface Asking {
  readonly request: WireRequest
  /** Who asks. @throws `unauthenticated` */
  readonly identify: () => Promise<Actor>
  /** What a monitor sends as `Authorization: Bearer …`; it opens nothing else. */
  readonly metricsToken: string | undefined
}

/**
 * Whether calls can be answered. Balancers ask without a credential, so whoever is not of the house is told which thing is not
 * well and never why: reasons name paths, hosts and databases.
 */
export async function readyAnswer(engine: Engine, asking: Asking): Promise<WireResponse> {
  const health = await engine.health()
  const isOfHouse = await mayObserve(asking).catch(() => false)
  const status = health.isReady ? 200 : statusOfKind.unavailable
  return json(status, isOfHouse ? { status: wordOf(health), ...shown(health) } : { status: wordOf(health), checks: namesOf(health) })
}

function wordOf({ isReady }: Health): string {
  return isReady ? 'ready' : 'not_ready'
}

function shown({ storage, liveRuns, checks }: Health): object {
  return { storage, liveRuns, checks }
}

function namesOf({ checks }: Health): object[] {
  return checks.map(({ name, status }) => ({ name, status }))
}

/** @throws `unauthenticated`, `forbidden` for those who are let in but not into this */
export async function requireObserver(asking: Asking): Promise<void> {
  if (!(await mayObserve(asking)))
    throw new EngineError(httpErrors.not_an_observer, 'Figures are of all companies together; a key of one company does not open them.')
}

/** The monitor by its token, and people who have a role everywhere, such as the local operator. */
async function mayObserve({ request, identify, metricsToken }: Asking): Promise<boolean> {
  const given = /^Bearer\s+(\S+)$/i.exec(request.header('authorization') ?? '')?.[1]
  if (metricsToken !== undefined && given !== undefined && isSame(given, metricsToken)) return true
  const actor = await identify()
  return actor.kind === 'user' && '*' in actor.roles
}

function isSame(left: string, right: string): boolean {
  const [one, other] = [left, right].map((text) => createHash('sha256').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}
