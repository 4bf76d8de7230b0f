import { createHmac, randomBytes } from 'node:crypto'

import { localSecrets } from '@engine/core'
import { systemClock, type Clock } from '@engine/core/plugin'

import { createWorld, type World } from './engine.ts'
import { newStorage } from './storages.ts'

type Options = NonNullable<Parameters<typeof createWorld>[0]>

/** An engine that has a key for secrets, with one company and one agent. */
export async function openRoutines(family?: string, options: Options = {}): Promise<World> {
  return createWorld({
    storage: await newStorage(family),
    secrets: localSecrets({ key: randomBytes(32) }),
    agentMode: 'manual',
    ...options,
  })
}

/** A clock that is wrong by as much as a test says. */
export function clockAhead(aheadMs: number): Clock & { aheadMs: number } {
  const clock = { ...systemClock, aheadMs, now: () => Date.now() + clock.aheadMs }
  return clock
}

type Routine = Awaited<ReturnType<World['engine']['routines']['create']>>
type Wish = Partial<Parameters<World['engine']['routines']['create']>[0]>

let count = 0

export async function newRoutine({ engine, companyId }: Pick<World, 'engine' | 'companyId'>, wish: Wish = {}): Promise<Routine> {
  return engine.routines.create({
    companyId,
    name: `Routine ${(count += 1)}`,
    task: { title: 'Look after the shop' },
    concurrency: 'always',
    ...wish,
  })
}

/** Signs as Standard Webhooks says. */
export function signedHeaders(key: string, body: string, given: { id: string; atMs?: number }): Record<string, string> {
  const timestamp = String(Math.floor((given.atMs ?? Date.now()) / 1_000))
  const signature = createHmac('sha256', key).update(`${given.id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': given.id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
