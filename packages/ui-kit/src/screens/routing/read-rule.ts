import type { RoutingRule } from '@engine/core/contract'

import { FieldError } from '../../data/failure.ts'
import type { Fields } from '../../parts/fields.ts'
import { priorities } from '../tasks/moves.ts'

/** Which of the agents that can is taken, with how it is said. */
export const strategies = {
  least_busy: 'whoever has the fewest open tasks',
  round_robin: 'the next one in turn',
  first_available: 'the first one with a free slot',
  cheapest: 'whose latest runs cost the least',
} as const satisfies Readonly<Record<NonNullable<RoutingRule['strategy']>, string>>

// Object.keys forgets literal keys.
export const strategyNames = Object.keys(strategies) as (keyof typeof strategies)[]

/** Whom a rule gives tasks to: one agent, or one of those that can do something. */
export const targets = ['agent', 'capability'] as const
export type Target = (typeof targets)[number]

/** What a form says of a rule. @throws {FieldError} for what is missing, and for what is no JSON where it should be */
export function readRule(fields: Fields) {
  return {
    name: fields.text('name'),
    conditions: readConditions(fields),
    ...readTarget(fields),
    fallbackAgentId: fields.maybe('fallbackAgentId'),
  }
}

function readTarget(fields: Fields) {
  if (fields.text('target') === 'agent') {
    const targetAgentId = fields.maybe('targetAgentId')
    if (targetAgentId === null) throw new FieldError('targetAgentId', 'Choose who gets the task.')
    return { targetAgentId, targetCapability: null, strategy: null }
  }
  const strategy = strategyNames.find((each) => each === fields.text('strategy')) ?? 'least_busy'
  return { targetAgentId: null, targetCapability: fields.text('targetCapability'), strategy }
}

function readConditions(fields: Fields): RoutingRule['conditions'] {
  const [tagsAny, tagsAll, capabilities] = [fields.words('tagsAny'), fields.words('tagsAll'), fields.words('capabilities')]
  const [priority, labels, context] = [readPriorities(fields), fields.chosen('labels'), fields.object('context')]
  return {
    ...(tagsAny.length > 0 && { tagsAny }),
    ...(tagsAll.length > 0 && { tagsAll }),
    ...(priority.length > 0 && { priority }),
    ...(labels.length > 0 && { labels }),
    ...(capabilities.length > 0 && { capabilities }),
    ...(context && { context }),
  }
}

function readPriorities(fields: Fields) {
  const chosen = fields.chosen('priority')
  return priorities.filter((each) => chosen.includes(each))
}

/** A task that does not exist, as a form describes it. @throws {FieldError} for a context that is no object in JSON */
export function readSupposed(fields: Fields) {
  return {
    tags: fields.words('tags'),
    priority: priorities.find((each) => each === fields.text('priority')) ?? 'medium',
    labels: fields.chosen('labels'),
    requiredCapabilities: fields.words('requiredCapabilities'),
    context: fields.object('context') ?? {},
    projectId: fields.maybe('projectId'),
    preferredAgentId: fields.maybe('preferredAgentId'),
  }
}

/** When a rule applies, in one line. Pure. */
export function conditionsInWords({ tagsAny, tagsAll, priority, labels, capabilities, context }: RoutingRule['conditions']): string {
  const said = [
    tagsAny && `tagged ${tagsAny.join(' or ')}`,
    tagsAll && `tagged ${tagsAll.join(' and ')}`,
    priority && `${[priority].flat().join(' or ')} priority`,
    labels && (labels.length === 1 ? 'a label' : `${labels.length} labels`),
    capabilities && `needs ${capabilities.join(' and ')}`,
    context && `${Object.keys(context).join(', ')} as said`,
  ].filter((each) => each !== undefined)
  return said.length === 0 ? 'every task' : said.join(', ')
}

/** Rules in the order in which they are asked: those of projects, each by its name, before those of the company. Pure. */
export function inOrder(rules: readonly RoutingRule[], nameOf: (projectId: string) => string): readonly RoutingRule[] {
  const group = ({ projectId }: RoutingRule) => (projectId === null ? null : `${nameOf(projectId)} ${projectId}`)
  return rules.toSorted((one, other) => {
    const [left, right] = [group(one), group(other)]
    if (left === right) return one.position - other.position || one.id.localeCompare(other.id)
    if (left === null || right === null) return left === null ? 1 : -1
    return left.localeCompare(right)
  })
}

/** The ids of the rules that stand beside one, with it one place further; null where it is the first or the last. Pure. */
export function moved(rules: readonly RoutingRule[], { id, projectId }: RoutingRule, by: -1 | 1): readonly string[] | null {
  const ids = inOrder(
    rules.filter((each) => each.projectId === projectId),
    String,
  ).map((each) => each.id)
  const from = ids.indexOf(id)
  const neighbour = ids[from + by]
  if (from === -1 || neighbour === undefined) return null
  return ids.map((each, at) => (at === from ? neighbour : at === from + by ? id : each))
}
