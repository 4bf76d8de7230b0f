import { costEvents } from './events.ts'
import { settle } from './settle.ts'

export const costs = { name: 'costs', operations: { settle }, events: costEvents } as const
