import { claimDue, newRoute, outcome, parkDelivery } from '../../../support/routes.ts'
import type { Prepare } from './call.ts'

/** Routes and what they send. */
export const routeInputs: Readonly<Record<string, Prepare>> = {
  'routes.create': async ({ companyId }) => ({ companyId, name: 'Route', destinationType: 'scripted', events: ['task.*'] }),
  'routes.update': async ({ engine, companyId }) => ({ routeId: (await newRoute(engine, companyId)).routeId, name: 'Another' }),
  'routes.disable': async ({ engine, companyId }) => ({ routeId: (await newRoute(engine, companyId)).routeId }),
  'routes.enable': async ({ engine, companyId }) => {
    const { routeId } = await newRoute(engine, companyId)
    await engine.routes.disable({ routeId })
    return { routeId }
  },
  'routes.test': async ({ engine, companyId }) => ({ routeId: (await newRoute(engine, companyId)).routeId }),
  'routes.replay': async ({ engine, companyId }) => ({ routeId: (await parkDelivery(engine, companyId)).routeId }),
  'routes.delete': async ({ engine, companyId }) => ({ routeId: (await newRoute(engine, companyId)).routeId }),
  'deliveries.replay': async ({ engine, companyId }) => ({ deliveryId: (await parkDelivery(engine, companyId)).deliveryId }),
  'deliveries.exchange': async ({ engine, companyId }) => {
    const [sent, { routeId }] = [await newRoute(engine, companyId), await newRoute(engine, companyId)]
    const outcomes = (await claimDue(engine, sent.routeId)).map((claimed) =>
      outcome(claimed, { routeId: sent.routeId, result: 'delivered' }),
    )
    return { companyId, outcomes, unsent: [], wanted: [{ routeId, limit: 1 }] }
  },
}
