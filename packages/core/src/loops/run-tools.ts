import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import { isObject, type JsonObject, type JsonValue } from '../kernel/json.ts'
import { jsonSchemaOf } from '../kernel/json-schema.ts'
import type { Operation, Registry } from '../kernel/registry.ts'
import { knownInput, toolDescription, toolName } from '../kernel/tool.ts'
import type { AgentTool, ToolAnswer } from '../ports/adapter.ts'
import type { TraceContext } from '../ports/telemetry.ts'
import type { RunHost } from './run-host.ts'

/**
 * What a model may do by itself while it works: read what its work is about, say and write things about its own task, cut it into
 * smaller ones, ask for permission. What ends a run (submitting, blocking, waiting) is its outcome and no tool. That a run may is
 * decided by the permissions when it calls, not by this list.
 */
const offeredOperations = [
  'tasks.get',
  'tasks.context',
  'tasks.list',
  'tasks.create',
  'tasks.progress',
  'comments.list',
  'comments.create',
  'documents.list',
  'documents.get',
  'documents.put',
  'attachments.list',
  'deliverables.list',
  'deliverables.get',
  'interactions.list',
  'knowledge.context',
  'knowledge.search',
  'preferences.resolve',
  'agents.list',
  'goals.list',
  'search.find',
  'approvals.request',
] as const

/** What the run itself determines, so that no model has to know it or can name another. */
const fixed = ['companyId', 'runId'] as const

const offers = new WeakMap<Registry, readonly Offer[]>()

interface Offer extends Pick<AgentTool, 'name' | 'description' | 'inputSchema'> {
  readonly operation: Operation
}

/** The tools of one run. */
export function runTools(host: RunHost, actor: RunActor, trace?: TraceContext): AgentTool[] {
  const known = offers.get(host.registry) ?? describeTools(host.registry)
  offers.set(host.registry, known)
  return known.map(({ operation, ...offer }) => ({ ...offer, call: (input) => callTool(host, actor, { operation, input, trace }) }))
}

function describeTools(registry: Registry): Offer[] {
  return offeredOperations.map((name) => {
    const operation = registry.get(name)
    if (!operation) throw new Error(`the tool ${name} is no operation`)
    return { operation, name: toolName(operation), description: toolDescription(operation), inputSchema: toolSchema(operation) }
  })
}

function toolSchema({ definition }: Operation): JsonObject {
  const schema = jsonSchemaOf(definition.input, 'input')
  const fields = isObject(schema['properties']) ? schema['properties'] : {}
  const needed = Array.isArray(schema['required']) ? schema['required'] : []
  const properties = Object.fromEntries(Object.entries(fields).filter(([field]) => !isFixed(field)))
  const required = needed.filter((field) => !isFixed(field) && field !== 'taskId')
  return { type: 'object', properties, required, additionalProperties: false }
}

function isFixed(field: JsonValue): boolean {
  return fixed.some((name) => name === field)
}

interface ToolCall {
  readonly operation: Operation
  readonly input: JsonValue
  readonly trace: TraceContext | undefined
}

async function callTool(host: RunHost, actor: RunActor, { trace: parent, ...given }: ToolCall): Promise<ToolAnswer> {
  const name = toolName(given.operation)
  const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name }
  return host.tracing.span(`execute_tool ${name}`, { attributes, parent }, async (traced) => {
    const answer = await answerTool(host, actor, { ...given, trace: traced.context })
    if (answer.isError) traced.set({ 'error.type': answer.code })
    return answer
  })
}

async function answerTool(host: RunHost, actor: RunActor, { operation, input, trace }: ToolCall): Promise<ToolAnswer> {
  if (input === null || typeof input !== 'object' || Array.isArray(input))
    return { isError: true, code: 'invalid_input', message: 'The input of a tool is a JSON object.' }
  try {
    const output = await host.perform(actor, { name: operation.name, input: withItself(operation, actor, input), trace })
    // What an operation answers is what its route answers: JSON.
    return { isError: false, output: JSON.parse(JSON.stringify(output)) as JsonValue }
  } catch (error) {
    if (!EngineError.isInstance(error) || error.kind === 'internal' || error.code === 'lease_lost') throw error
    return { isError: true, code: error.code, message: error.message }
  }
}

/** What the call says of itself, which no model can say otherwise; its own task where the model names none. */
function withItself(operation: Operation, actor: RunActor, input: JsonObject): JsonObject {
  const { taskId, ...itself } = knownInput(operation, actor)
  return { ...(taskId !== undefined && { taskId }), ...input, ...itself }
}
