import { canonicalJson, type JsonObject } from '../kernel/json.ts'
import { ruleViolated } from '../kernel/errors.ts'
import type { TaskPriority } from '../tasks/schema.ts'
import { conditionNames, RoutingConditions, type ConditionsInput } from './schema.ts'

/** A task as routing sees it, whether it exists or not. */
export interface RoutingTask {
  readonly priority: TaskPriority
  readonly tags: readonly string[]
  readonly labelIds: readonly string[]
  readonly context: JsonObject
  readonly requiredCapabilities: readonly string[]
  readonly preferredAgentId: string | null
}

/** Says in words which condition a task does not meet; null when all hold. Pure, and exact: no case is folded. */
export function unmetCondition(conditions: RoutingConditions, task: RoutingTask): string | null {
  const { tagsAny, tagsAll = [], priority, labels = [], capabilities = [], context = {} } = conditions
  if (tagsAny && !tagsAny.some((tag) => task.tags.includes(tag))) return `has none of the tags ${tagsAny.join(', ')}`
  const tag = missingFrom(task.tags, tagsAll)
  if (tag !== undefined) return `lacks the tag ${tag}`
  const wanted = priority === undefined ? [] : [priority].flat()
  if (wanted.length > 0 && !wanted.includes(task.priority)) return `has the priority ${task.priority}, not ${wanted.join(' or ')}`
  const label = missingFrom(task.labelIds, labels)
  if (label !== undefined) return `lacks the label ${label}`
  const capability = missingFrom(task.requiredCapabilities, capabilities)
  if (capability !== undefined) return `does not require ${capability}`
  const key = Object.entries(context).find(([name, value]) => !hasValue(task.context, name, value))?.[0]
  return key === undefined ? null : `has another value at context.${key}`
}

function missingFrom(given: readonly string[], needed: readonly string[]): string | undefined {
  return needed.find((item) => !given.includes(item))
}

function hasValue(context: JsonObject, name: string, value: unknown): boolean {
  return Object.hasOwn(context, name) && canonicalJson(context[name]) === canonicalJson(value)
}

/** The conditions that a caller wrote, its labels found already. @throws `rule_violated` for one that nobody knows: it would be lost */
export function readConditions(given: ConditionsInput): RoutingConditions {
  const unknown = Object.keys(given).filter((name) => !conditionNames.includes(name))
  if (unknown.length > 0) {
    const names = unknown.map((name) => `"${name.slice(0, 100)}"`).join(', ')
    throw ruleViolated(`conditions: ${names} is no condition; nothing was changed. Known are ${conditionNames.join(', ')}.`, {
      unknown: unknown.map((name) => name.slice(0, 100)),
      known: conditionNames,
    })
  }
  return RoutingConditions.parse(given)
}
