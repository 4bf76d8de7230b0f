import { z } from 'zod'

import type { Actor } from './actor.ts'
import { permissions, type Permission } from './permissions.ts'
import { visibleCompanies } from './authorize.ts'
import type { JsonObject } from './json.ts'
import type { Operation } from './registry.ts'

/** What an operation is called where models call it: `tasks_checkout`. */
export function toolName({ name }: Operation): string {
  return name.replace('.', '_')
}

export function toolDescription({ definition }: Operation): string {
  const { title, description } = definition
  return description === undefined ? `${title}.` : `${title}. ${description}`
}

/** What follows from who calls, of the fields that an operation needs: the one company, the run itself and its task. */
export function knownInput({ definition }: Operation, actor: Actor): JsonObject {
  const { shape } = definition.input
  const needs = (field: string) => field in shape && isRequired(shape[field])
  const companyId = onlyCompany(actor)
  return {
    ...(companyId !== null && needs('companyId') && { companyId }),
    ...(actor.kind === 'run' && needs('runId') && { runId: actor.id }),
    ...(actor.kind === 'run' && needs('taskId') && { taskId: actor.taskId }),
  }
}

/** Whether a run could make a call of this operation, for its own task if not for others. */
export function isForRuns({ definition }: Operation): boolean {
  const permission: Permission = permissions[definition.access.scope]
  return permission.run !== 'never'
}

function onlyCompany(actor: Actor): string | null {
  const companies = visibleCompanies(actor)
  return companies !== 'all' && companies.length === 1 ? (companies[0] ?? null) : null
}

function isRequired(field: unknown): boolean {
  return field instanceof z.ZodType && !field.safeParse(undefined).success
}

/**
 * Why an operation is no tool for whoever calls by himself, such as a model; null when it is one. What is left out is reached
 * over HTTP.
 */
export function whyNoTool({ definition }: Operation): string | null {
  if (!definition.http) return 'it is for Engine itself'
  if (definition.mcp && 'leftOut' in definition.mcp) return definition.mcp.leftOut
  if (definition.access.carriesCredential) return 'its input is a credential, which is not for a model to read'
  if (definition.kind === 'query') return definition.givesContent === true ? 'it answers with the bytes of a file' : null
  if (definition.takesContent) return 'it takes the bytes of a file'
  if (definition.takesSecret) return 'it takes the value of a secret, which is not for a model to read'
  return definition.answersOnce === undefined ? null : `no model may keep its answer: ${definition.answersOnce}`
}
