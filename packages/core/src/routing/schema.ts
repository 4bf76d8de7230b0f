import { z } from 'zod'

export const RoutingStrategy = z.enum(['least_busy', 'round_robin', 'first_available', 'cheapest'])
export type RoutingStrategy = z.infer<typeof RoutingStrategy>
