import { pathToFileURL } from 'node:url'

import { z } from 'zod'

import type { JsonObject, JsonValue } from '../../kernel/json.ts'
import { EngineError } from '../../kernel/errors.ts'
import { permissions, type Scope } from '../../kernel/permissions.ts'
import { jsonObject, Id } from '../../kernel/schema.ts'
import { pluginErrors } from '../../plugins/errors.ts'
import { PluginCapabilities, PluginLogLevel, PluginSlotName } from '../../plugins/schema.ts'
import type { PluginCommand, PluginCommandContext, PluginDefinition, PluginStartContext, PluginWorkContext } from '../types.ts'
import { createIsolate, type Isolate, type IsolateLimits } from './isolate.ts'

const names = z.record(z.string(), z.strictObject({ title: z.string().optional() }))
const Manifest = z.strictObject({
  id: z.string(),
  version: z.string(),
  engine: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  capabilities: PluginCapabilities.partial().default({}),
  configSchema: jsonObject.optional(),
  operations: z
    .record(
      z.string(),
      z.strictObject({
        title: z.string(),
        description: z.string().optional(),
        access: z.custom<Scope>((scope) => typeof scope === 'string' && Object.hasOwn(permissions, scope), 'no known scope'),
        input: jsonObject.default({ type: 'object', properties: {} }),
      }),
    )
    .default({}),
  subscribe: z.record(z.string(), z.strictObject({ from: z.enum(['now', 'start']).optional(), events: z.array(z.string()) })).default({}),
  webhooks: names.default({}),
  ui: z
    .array(z.strictObject({ slot: PluginSlotName, title: z.string(), entry: z.templateLiteral(['./', z.string(), '.html']) }))
    .default([]),
})

/** What an isolated plugin says of itself, as JSON: all that anybody has to look at before it is trusted with anything. */
export type IsolatedManifest = z.input<typeof Manifest>

/** What the program lets isolated plugins send, to hosts that each was granted. */
export interface OutboundRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly signal: AbortSignal
}

export interface IsolatedOptions {
  readonly manifest: IsolatedManifest
  /** The folder of the plugin: all that its process may read. */
  readonly root: string
  /** The module in it whose default export has the functions, by kind and name. */
  readonly entry: string
  readonly limits?: Partial<IsolateLimits>
  /** Sends a request to a host that the plugin was granted; without it, no isolated plugin reaches the network. */
  readonly request?: (request: OutboundRequest) => Promise<{ status: number; body: string }>
}

const defaultLimits: IsolateLimits = {
  memoryBytes: 256 * 1024 * 1024,
  silentMs: 5_000,
  messagesPerSecond: 2_000,
  callMs: 30_000,
  calls: 32,
  questions: 64,
  crashes: 5,
  crashMs: 10 * 60_000,
  restartMs: 100,
}

/**
 * A plugin that is not trusted: it runs in a process of its own, which reads its own folder and nothing else, has no environment, no
 * network, no other processes, and asks Engine for what it was granted. It has operations, subscriptions, webhooks and pages; no tables, and
 * nothing inside of a transaction.
 * @throws `plugin_invalid` for a manifest that is none
 */
export function isolatedPlugin(options: IsolatedOptions): PluginDefinition {
  const manifest = readManifest(options.manifest)
  const { id, version, engine, title, description, configSchema, operations, subscribe, webhooks, ui } = manifest
  const capabilities = PluginCapabilities.parse(manifest.capabilities)
  let isolate: Isolate | undefined
  const call = async (
    context: PluginWorkContext,
    kind: 'operations' | 'subscribe' | 'webhooks',
    asked: { name: string; input: JsonValue },
  ) => {
    if (!isolate) throw new EngineError(pluginErrors.plugin_unavailable, `The plugin ${id} is not started; start the engine.`)
    return isolate.call(context, { kind, ...asked })
  }
  return {
    id,
    version,
    engine,
    kind: 'isolated',
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(configSchema && { configSchema: z.fromJSONSchema(configSchema as Parameters<typeof z.fromJSONSchema>[0]) }),
    capabilities: { ...capabilities, events: Object.values(subscribe).flatMap(({ events }) => events) },
    secretFields: capabilities.secrets,
    ui,
    root: pathToFileURL(`${options.root}/`),
    events: { [`${id}.called`]: z.object({ operation: z.string() }) },
    commands: mapValues(operations, (operation, name) =>
      toCommand(id, { ...operation, name, call: (context, input) => call(context, 'operations', { name, input }) }),
    ),
    subscribe: mapValues(subscribe, ({ events, from = 'now' }, name) => ({
      events,
      from,
      // An event is JSON as it stands in the log.
      handle: async (context: PluginWorkContext, event: never) =>
        void (await call(context, 'subscribe', { name, input: event as JsonValue })),
    })),
    webhooks: mapValues(webhooks, (_, name) => ({
      handle: async (context, { headers, body }) => {
        const input = { headers: JSON.parse(JSON.stringify(headers)) as JsonObject, body }
        return (await call(context, 'webhooks', { name, input })) === true
      },
    })),
    async start(context: PluginStartContext) {
      isolate = createIsolate({
        id,
        root: options.root,
        entry: options.entry,
        limits: { ...defaultLimits, ...options.limits },
        answer: (work, what, given) => answer({ id, capabilities, request: options.request }, work, { what, given }),
        onQuarantine: (reason) =>
          void context
            .quarantine(reason)
            .catch((error: unknown) => context.log.error('a plugin could not be quarantined', { plugin: id, error: String(error) })),
      })
    },
    stop: async () => isolate?.stop(),
  }
}

function readManifest(manifest: IsolatedManifest): z.output<typeof Manifest> {
  const read = Manifest.safeParse(manifest)
  if (read.success) return read.data
  const why = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  throw new EngineError(pluginErrors.plugin_invalid, `This is no manifest of a plugin: ${why}.`)
}

function mapValues<From, To>(given: Readonly<Record<string, From>>, map: (value: From, name: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, map(value, name)]))
}

interface IsolatedOperation {
  readonly name: string
  readonly title: string
  readonly description?: string | undefined
  readonly access: Scope
  readonly input: JsonObject
  call(context: PluginWorkContext, input: JsonValue): Promise<JsonValue>
}

/** An operation that the process does before the transaction; the transaction says that it was called. */
function toCommand(id: string, { name, title, description, access, input, call }: IsolatedOperation): PluginCommand {
  const schema = z.fromJSONSchema(input as Parameters<typeof z.fromJSONSchema>[0])
  if (!(schema instanceof z.ZodObject))
    throw new EngineError(pluginErrors.plugin_invalid, `The input of ${id}.${name} is no JSON Schema of an object.`)
  return {
    kind: 'command',
    title,
    ...(description !== undefined && { description }),
    input: schema.extend({ companyId: Id }),
    output: z.object({ result: z.json() }),
    access,
    http: ['POST', `/${name}`],
    prepare: (context: PluginWorkContext, given: never) => call(context, given as JsonValue),
    async handle(context: PluginCommandContext, _: never, result: never) {
      context.emit(`${id}.called`, { type: 'call', id: context.newId(), version: 1 }, { operation: name })
      return { result }
    },
  }
}

interface Granted {
  readonly id: string
  readonly capabilities: PluginCapabilities
  readonly request: IsolatedOptions['request']
}

/** Answers what the process of a plugin asks; what it was not granted is refused here, whatever it sends (PROMISES S24). */
async function answer(granted: Granted, work: PluginWorkContext, asked: { what: string; given: JsonObject }): Promise<JsonValue> {
  const { what, given } = asked
  const text = (field: string) => textOf(given[field])
  const key = text('key')
  if (what === 'engine') return callEngine(work, text('operation'), given['input'] ?? {})
  if (what === 'state.get') return work.state.get(key)
  if (what === 'state.set')
    return work.state.set(key, given['value'] ?? null, typeof given['version'] === 'number' ? given['version'] : undefined)
  if (what === 'state.claim') return work.state.claim(key)
  if (what === 'fetch') return send(granted, work, given)
  if (what === 'state.delete') await work.state.delete(key)
  else if (what === 'log') say(work, given)
  else throw denied(granted, `nothing called "${what.slice(0, 50)}"`)
  return null
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function say(work: PluginWorkContext, given: JsonObject): void {
  const level = PluginLogLevel.catch('info').parse(given['level'])
  const data = jsonObject.safeParse(given['data'])
  work.log[level](textOf(given['message']), data.success ? data.data : undefined)
}

/** Its own rights and its capabilities are looked at by the methods of `engine`. */
async function callEngine({ engine }: PluginWorkContext, operation: string, input: JsonValue): Promise<JsonValue> {
  const [module = '', verb = ''] = operation.split('.')
  const methods: unknown = Object.hasOwn(engine, module) ? Reflect.get(engine, module) : null
  const method: unknown =
    typeof methods === 'object' && methods !== null && Object.hasOwn(methods, verb) ? Reflect.get(methods, verb) : null
  if (typeof method !== 'function')
    throw new EngineError(pluginErrors.capability_denied, `There is no operation "${operation.slice(0, 100)}".`)
  const output: unknown = await Reflect.apply(method, methods, [input])
  return JSON.parse(JSON.stringify(output ?? null)) as JsonValue
}

async function send(granted: Granted, { signal }: PluginWorkContext, given: JsonObject): Promise<JsonValue> {
  const url = URL.parse(textOf(given['url']))
  if (!url || !granted.capabilities.hosts.includes(url.host) || !['https:', 'http:'].includes(url.protocol))
    throw denied(granted, `no request to ${url?.host ?? 'this address'}`)
  if (!granted.request) throw denied(granted, 'no network: this program gives none to isolated plugins')
  const headers = z.record(z.string(), z.string()).catch({}).parse(given['headers'])
  const method = textOf(given['method'] ?? 'GET')
  return granted.request({ url: url.href, method, headers, body: typeof given['body'] === 'string' ? given['body'] : null, signal })
}

function denied({ id, capabilities }: Granted, what: string): EngineError {
  return new EngineError(pluginErrors.capability_denied, `The plugin ${id} was granted ${what}.`, {
    details: { plugin: id, hosts: [...capabilities.hosts] },
  })
}
