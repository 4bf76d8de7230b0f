import type { Operation, Success } from '@engine/core'

const statuses: Readonly<Record<Success, number>> = { done: 200, created: 201, accepted: 202 }

/** The status of an answer. */
export function successStatus({ definition }: Operation, output: unknown): number {
  if (definition.kind === 'query') return statuses.done
  return statuses[definition.success?.(output) ?? (definition.creates ? 'created' : 'done')]
}

/** Every status that an answer of an operation can have when it succeeds. */
export function successStatuses({ definition }: Operation): number[] {
  if (definition.kind === 'query') return [statuses.done]
  return definition.successes?.map((success) => statuses[success]) ?? [definition.creates ? statuses.created : statuses.done]
}
