import type { Tool } from '@modelcontextprotocol/server'

import {
  isForRuns,
  jsonSchemaOf,
  knownInput,
  mayEver,
  toolDescription,
  toolName,
  whyNoTool,
  type Actor,
  type JsonObject,
  type Operation,
  type Registry,
} from '@engine/core'

/** An operation as a tool. */
export interface Offer {
  readonly operation: Operation
  readonly tool: Tool
}

const described = new WeakMap<Registry, ReadonlyMap<string, Offer>>()

/** Every operation that is a tool, by the name of the tool, in the order of the alphabet. */
export function offersOf(registry: Registry): ReadonlyMap<string, Offer> {
  const known = described.get(registry) ?? describeAll(registry)
  described.set(registry, known)
  return known
}

/** The tools that somebody could use: those whose calls may be allowed, with what need not be said left out of what is required. */
export function toolsFor(registry: Registry, actor: Actor): Tool[] {
  return [...offersOf(registry).values()].flatMap(({ operation, tool }) => {
    const may = mayEver(actor, operation.definition.access)
    const mayByRun = takesCredential(operation, actor)
    if (!may && !mayByRun) return []
    const known = Object.keys(knownInput(operation, actor))
    const { properties = {}, required = [], ...rest } = tool.inputSchema
    const inputSchema = {
      ...rest,
      properties: { ...properties, ...(mayByRun && { credential }) },
      required: [...required.filter((field) => !known.includes(field)), ...(may ? [] : ['credential'])],
    }
    return [{ ...tool, inputSchema, annotations: { ...tool.annotations } }]
  })
}

/** Whether an agent may make this call by one of its runs. To read, its own key is enough. */
export function takesCredential(operation: Operation, actor: Actor): boolean {
  return (
    actor.kind === 'agent' &&
    operation.definition.kind === 'command' &&
    operation.definition.access.company !== 'actor' &&
    isForRuns(operation)
  )
}

const credential = {
  type: 'string',
  description: 'The `credential` that a checkout answered with: the call is then made by that run, which owns the task.',
}

function describeAll(registry: Registry): ReadonlyMap<string, Offer> {
  const offers = registry.operations
    .filter((operation) => whyNoTool(operation) === null)
    .map((operation): [string, Offer] => [toolName(operation), { operation, tool: describe(operation) }])
  return new Map(offers.toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

function describe(operation: Operation): Tool {
  const { definition } = operation
  const output = jsonSchemaOf(definition.output, 'output')
  return {
    name: toolName(operation),
    title: definition.title,
    description: toolDescription(operation),
    inputSchema: ofObject(jsonSchemaOf(definition.input, 'input')),
    ...(output['type'] === 'object' && { outputSchema: ofObject(output) }),
    annotations: annotate(operation),
  }
}

function ofObject(schema: JsonObject): Tool['inputSchema'] {
  return { ...schema, type: 'object' }
}

/** Nothing leaves Engine by a call; the rest is what the registry says of the operation. */
function annotate({ definition }: Operation): NonNullable<Tool['annotations']> {
  const { title, http, mcp } = definition
  if (definition.kind === 'query') return { title, readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }
  const hints = mcp && !('leftOut' in mcp) ? mcp : {}
  const repeats = http?.[0] === 'DELETE' || http?.[0] === 'PATCH' || hints.idempotent === true
  const adds = definition.creates === true || hints.additive === true
  return { title, readOnlyHint: false, destructiveHint: !adds, idempotentHint: repeats, openWorldHint: false }
}
