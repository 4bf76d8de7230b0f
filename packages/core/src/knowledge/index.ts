import { knowledgeEvents } from './events.ts'

export const knowledge = {
  name: 'knowledge',
  operations: {},
  events: knowledgeEvents,
} as const
