import type { DeliveryStatus } from '@engine/core/contract'

/** In the order in which somebody has to do with them. */
export const deliveryStatuses = ['parked', 'retrying', 'pending', 'delivered', 'cancelled'] as const satisfies readonly DeliveryStatus[]
