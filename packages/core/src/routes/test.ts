import { z } from 'zod'

import { assertNotArchived } from '../kernel/archive.ts'
import { shownChecks } from '../kernel/checks.ts'
import { command, type PrepareContext } from '../kernel/command.ts'
import { EngineError, notFound } from '../kernel/errors.ts'
import type { Redactor } from '../kernel/redactor.ts'
import { Id } from '../kernel/schema.ts'
import { accessesOf, openReferences } from '../secrets/open.ts'
import { requireRoute, routeRef } from './change.ts'
import { RouteTest } from './schema.ts'
import { findRoute } from './sql.ts'
import type { RouteTable } from './table.ts'

type Check = RouteTest['checks'][number]

/** What was found, before it is recorded. */
export interface Tried {
  readonly destinationType: string
  readonly checks: readonly Check[]
  readonly secrets: readonly string[]
}

export const test = command({
  title: 'Try whether a route would arrive',
  description: 'With its real secrets. What is answered names no secret; the event names those that were opened.',
  input: z.strictObject({ routeId: Id }),
  output: RouteTest,
  access: { scope: 'routes:manage', company: 'route' },
  http: ['POST', '/routes/:routeId/test'],
  needsOwnTransaction: 'servers are asked',
  async prepare(context, { routeId }): Promise<Tried> {
    await assertNotArchived(context.db, context.companyId)
    const route = await findRoute(context.db, routeId)
    if (route?.company_id !== context.companyId) throw notFound('route', routeId)
    return tryRoute(context, route)
  },
  async handle(context, { routeId }, { destinationType, checks, secrets }) {
    const route = await requireRoute(context, routeId)
    const failed = checks.filter(({ status }) => status === 'failed').map(({ name }) => name)
    const ok = failed.length === 0
    context.emit('route.tested', routeRef(route), { destinationType, ok, failed, secrets: [...secrets] })
    return { routeId: route.id, destinationType, ok, checks: [...checks] }
  },
})

async function tryRoute(context: PrepareContext, route: RouteTable): Promise<Tried> {
  const { destination_type: destinationType, company_id: companyId } = route
  const destination = context.destinations.get(destinationType)
  try {
    const opened = await openReferences(context, {
      companyId,
      config: JSON.parse(route.config),
      fields: destination.secretFields,
      note: async (wanted) => {
        const accesses = accessesOf(wanted)
        if (accesses.length > 0) await context.perform('secrets.recordAccesses', { companyId, routeId: route.id, accesses })
      },
    })
    const secrets = opened.secrets.map(({ name }) => name)
    return { destinationType, secrets, checks: await lookAt(context, { destinationType, ...opened }) }
  } catch (error) {
    if (!EngineError.isInstance(error) || error.kind !== 'rule') throw error
    return { destinationType, secrets: [], checks: [{ name: 'secrets', status: 'failed', message: error.message }] }
  }
}

interface Opened {
  readonly destinationType: string
  readonly config: unknown
  readonly redactor: Redactor
}

async function lookAt({ destinations, settings }: PrepareContext, opened: Opened): Promise<Check[]> {
  const { destinationType, redactor } = opened
  const timeout = AbortSignal.timeout(settings.adapterTestMs)
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`it did not end within ${settings.adapterTestMs} ms`)), { once: true })
  })
  // When the test was quicker, nobody waits for it any more.
  late.catch(() => undefined)
  try {
    const config = destinations.parseConfig(destinationType, opened.config)
    const tried = destinations.get(destinationType).test({ config, signal: timeout })
    return shownChecks((await Promise.race([tried, late])).checks, redactor)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return shownChecks([{ name: 'test', status: 'failed', message }], redactor)
  }
}
