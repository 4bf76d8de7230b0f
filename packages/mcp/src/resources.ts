import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type ReadResourceResult,
  type Resource,
  type ResourceTemplateType,
} from '@modelcontextprotocol/server'

import { EngineError, mayEver, type Actor, type Engine } from '@engine/core'

import type { Session } from './session.ts'

interface Kind {
  readonly template: ResourceTemplateType
  /** Which query reads it, by which field, and where that is in an address. */
  readonly operation: string
  readonly field: string
  readonly address: RegExp
}

const mimeType = 'application/json'

const kinds: readonly Kind[] = [
  {
    template: {
      uriTemplate: 'engine://tasks/{taskId}/context',
      name: 'task-context',
      title: 'What is told to whoever does a task',
      mimeType,
    },
    operation: 'tasks.context',
    field: 'taskId',
    address: /^engine:\/\/tasks\/([^/]+)\/context$/,
  },
  {
    template: {
      uriTemplate: 'engine://deliverables/{deliverableId}',
      name: 'deliverable',
      title: 'What was handed in for a task',
      mimeType,
    },
    operation: 'deliverables.get',
    field: 'deliverableId',
    address: /^engine:\/\/deliverables\/([^/]+)$/,
  },
  {
    template: {
      uriTemplate: 'engine://knowledge/{knowledgeEntryId}',
      name: 'knowledge-entry',
      title: 'What a company or a project knows',
      mimeType,
    },
    operation: 'knowledge.get',
    field: 'knowledgeEntryId',
    address: /^engine:\/\/knowledge\/([^/]+)$/,
  },
]

export function resourceTemplates({ engine }: Session, actor: Actor): ResourceTemplateType[] {
  return kinds.filter(({ operation }) => mayCall(engine, operation, actor)).map(({ template }) => template)
}

/** Whether somebody may ever make this call of this engine. */
export function mayCall({ registry }: Engine, operation: string, actor: Actor): boolean {
  const access = registry.get(operation)?.definition.access
  return access !== undefined && mayEver(actor, access)
}

/** @throws a protocol error: a resource that can not be read is no answer */
export async function readResource({ engine }: Session, actor: Actor, uri: string): Promise<ReadResourceResult> {
  for (const { operation, field, address } of kinds) {
    const id = address.exec(uri)?.[1]
    if (id === undefined) continue
    const output = await engine.execute(operation, { actor, input: { [field]: id } }).catch((error: unknown) => {
      throw toProtocol(error, uri)
    })
    return { contents: [{ uri, mimeType, text: JSON.stringify(output) }] }
  }
  throw new ResourceNotFoundError(uri, `There is no resource ${uri}. resources/templates/list says which there are.`)
}

/** A refusal in the words of the protocol. */
function toProtocol(error: unknown, uri: string): unknown {
  if (!EngineError.isInstance(error) || error.kind === 'internal') return error
  if (error.kind === 'missing') return new ResourceNotFoundError(uri, error.message)
  return new ProtocolError(ProtocolErrorCode.InvalidParams, error.message, { code: error.code, ...error.details })
}

/** How many of each kind are listed; whatever else there is has an address too, and is found by the tools. */
const listed = 20
/** In how many companies, for a key that is of several. */
const companies = 5

/** What is near at hand: the work of the agent, what waits for a review, what is known. */
export async function listResources({ engine }: Session, actor: Actor): Promise<Resource[]> {
  const may = (name: string) => mayCall(engine, name, actor)
  const found: Resource[] = 'companyId' in actor && may('tasks.inbox') ? await workOf(engine, actor) : []
  for (const companyId of may('companies.list') ? await companiesOf(engine, actor) : []) {
    if (may('deliverables.list')) found.push(...(await pending(engine, actor, companyId)))
    if (may('knowledge.list')) found.push(...(await known(engine, actor, companyId)))
  }
  return found
}

async function companiesOf(engine: Engine, actor: Actor): Promise<string[]> {
  return (await engine.as(actor).companies.list({ limit: companies })).items.map(({ id }) => id)
}

async function workOf(engine: Engine, actor: Actor): Promise<Resource[]> {
  const { items } = await engine.as(actor).tasks.inbox({ limit: listed })
  return items.map(({ task }) => ({
    uri: `engine://tasks/${task.id}/context`,
    name: `${task.identifier} ${task.title}`,
    mimeType,
  }))
}

async function pending(engine: Engine, actor: Actor, companyId: string): Promise<Resource[]> {
  const { items } = await engine.as(actor).deliverables.list({ companyId, status: 'pending', limit: listed })
  return items.map(({ id, title, number }) => ({ uri: `engine://deliverables/${id}`, name: `${title}, version ${number}`, mimeType }))
}

async function known(engine: Engine, actor: Actor, companyId: string): Promise<Resource[]> {
  const { items } = await engine.as(actor).knowledge.list({ companyId, limit: listed })
  return items.map(({ id, title }) => ({ uri: `engine://knowledge/${id}`, name: title, mimeType }))
}
