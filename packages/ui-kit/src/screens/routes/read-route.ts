import type { Route } from '@engine/core/contract'

import type { Fields } from '../../parts/fields.ts'
import { priorities } from '../tasks/moves.ts'

/** What a choice such as `project 0198…` says of a route. Pure. */
export function asScope(choice: string): { projectId: string | null; agentId: string | null } {
  const [kind, id = null] = choice.split(' ')
  return { projectId: kind === 'project' ? id : null, agentId: kind === 'agent' ? id : null }
}

/** In which form an event is sent: as it is, changed by a mapping, or as a text. */
export const sayings = ['event', 'mapping', 'template'] as const
export type Saying = (typeof sayings)[number]

/** Pure. */
export function sayingOf(route: Pick<Route, 'mapping' | 'template'> | null): Saying {
  if (route?.template) return 'template'
  return route?.mapping ? 'mapping' : 'event'
}

/** What a form says of a route beside its destination. @throws {FieldError} for what is no JSON where it should be */
export function readRoute(fields: Fields) {
  const saying = sayings.find((each) => each === fields.text('saying')) ?? 'event'
  const expression = fields.text('digest.expression')
  return {
    name: fields.text('name'),
    events: fields.lines('events'),
    ...asScope(fields.text('scope')),
    conditions: readConditions(fields),
    mapping: saying === 'mapping' ? (fields.object('mapping') ?? {}) : null,
    template: saying === 'template' ? { text: fields.raw('template.text'), contentType: fields.text('template.contentType') } : null,
    digest: expression === '' ? null : { expression, timeZone: fields.maybe('digest.timeZone') ?? 'UTC' },
    retry: {
      maxAttempts: Number(fields.text('retry.maxAttempts')),
      maxAgeSec: Number(fields.text('retry.maxAgeSec')),
      baseSec: Number(fields.text('retry.baseSec')),
      capSec: Number(fields.text('retry.capSec')),
    },
  }
}

function readConditions(fields: Fields): Route['conditions'] {
  const [tagsAny, tagsAll] = [fields.words('conditions.tagsAny'), fields.words('conditions.tagsAll')]
  const chosen = fields.chosen('conditions.priority')
  const priority = priorities.filter((each) => chosen.includes(each))
  const [agentId, context] = [fields.text('conditions.agentId'), fields.object('conditions.context')]
  return {
    ...(tagsAny.length > 0 && { tagsAny }),
    ...(tagsAll.length > 0 && { tagsAll }),
    ...(priority.length > 0 && { priority }),
    ...(agentId !== '' && { agentId }),
    ...(context && { context }),
  }
}
