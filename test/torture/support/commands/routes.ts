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
  'deliveries.claim': async ({ engine, companyId }) => ({ routeId: (await newRoute(engine, companyId)).routeId, limit: 1 }),
  'deliveries.settle': async ({ engine, companyId }) => {
    const { routeId } = await newRoute(engine, companyId)
    return { routeId, outcomes: (await claimDue(engine, routeId)).map(({ id, fence }) => outcome(id, fence, 'delivered')) }
  },
}
