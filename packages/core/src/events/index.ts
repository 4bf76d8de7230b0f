import { agent, company, deliverable, entity, list, task } from './queries.ts'

export const events = {
  name: 'events',
  operations: { list, company, entity, task, deliverable, agent },
} as const
