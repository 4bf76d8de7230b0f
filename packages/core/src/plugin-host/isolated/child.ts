// What runs in the process of an isolated plugin. It stands alone: the process may read nothing of Engine but this file.
import { registerHooks } from 'node:module'
import { createInterface } from 'node:readline'

/** What its code may import of Node: nothing that reaches the network, other processes or this one's insides. */
const allowed = new Set(
  'assert async_hooks buffer crypto events fs fs/promises os path path/posix perf_hooks process punycode querystring stream stream/promises stream/web string_decoder timers timers/promises url util util/types zlib'
    .split(' ')
    .flatMap((name) => [name, `node:${name}`]),
)

type Message = Readonly<Record<string, unknown>>
type Pending = ReturnType<typeof Promise.withResolvers<unknown>>

const write = process.stdout.write.bind(process.stdout)
const send = (message: Message): void => void write(`${JSON.stringify(message)}\n`)
const pending = new Map<number, Pending>()
let asked = 0

/** Takes away what reaches around Node's permissions: signals to other processes, the network, built-in modules by other ways. */
function close(): void {
  const gone = [
    'kill',
    '_kill',
    '_debugProcess',
    '_debugEnd',
    '_startProfilerIdleNotifier',
    'binding',
    '_linkedBinding',
    'dlopen',
    'getBuiltinModule',
  ]
  for (const name of gone) Object.defineProperty(process, name, { value: undefined, writable: false, configurable: false })
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest']) Reflect.deleteProperty(globalThis, name)
  // What is printed is said to whoever runs it; standard output is for messages.
  process.stdout.write = process.stderr.write.bind(process.stderr)
  registerHooks({
    resolve(specifier, context, next) {
      const isBuiltin = specifier.startsWith('node:') || /^[a-z_]+(?:\/[a-z]+)?$/.test(specifier)
      const found = isBuiltin ? null : next(specifier, context)
      if (found && !found.url.startsWith('node:')) return found
      const name = found?.url ?? specifier
      if (!allowed.has(name)) throw new Error(`A plugin can not import ${name}; it reaches the world by what it was granted.`)
      return found ?? next(specifier, context)
    },
  })
}

function ask(during: number, what: string, given: Message): Promise<unknown> {
  const answer = Promise.withResolvers<unknown>()
  pending.set((asked += 1), answer)
  send({ ask: asked, during, what, with: given })
  return answer.promise
}

/** What a function of the plugin may use, for as long as its call lasts. */
function contextOf(call: number, place: object) {
  const say = (level: string) => (message: string, data?: object) =>
    void ask(call, 'log', { level, message: String(message), ...(data && { data }) }).catch(() => undefined)
  return {
    ...place,
    engine: (operation: string, input: object = {}) => ask(call, 'engine', { operation, input }),
    fetch: (url: string, request: object = {}) => ask(call, 'fetch', { url, ...request }),
    state: {
      get: (key: string) => ask(call, 'state.get', { key }),
      set: (key: string, value: unknown, version?: number) =>
        ask(call, 'state.set', { key, value, ...(version !== undefined && { version }) }),
      delete: (key: string) => ask(call, 'state.delete', { key }),
      claim: (key: string) => ask(call, 'state.claim', { key }),
    },
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
  }
}

function settle({ answer, error, value }: Message): void {
  const waiting = pending.get(Number(answer))
  pending.delete(Number(answer))
  if (error === undefined) return waiting?.resolve(value)
  const { code, message } = Object(error) as { code: string; message: string }
  waiting?.reject(Object.assign(new Error(message), { code }))
}

async function perform(functions: object, { call, kind, name, place, input }: Message): Promise<void> {
  const id = Number(call)
  try {
    const group: unknown = Reflect.get(functions, String(kind))
    const found: unknown =
      typeof group === 'object' && group !== null && Object.hasOwn(group, String(name)) ? Reflect.get(group, String(name)) : null
    if (typeof found !== 'function') throw new Error(`The plugin has no ${String(kind)}.${String(name)}.`)
    const value: unknown = await Reflect.apply(found, group, [contextOf(id, Object(place)), input])
    send({ call: id, value: value ?? null })
  } catch (error) {
    send({ call: id, error: String(error instanceof Error ? error.message : error).slice(0, 2_000) })
  }
}

async function main(entry: string): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  // Whoever started it is gone.
  lines.on('close', () => process.exit(0))
  close()
  const loaded = import(entry).then((module: object) => Object(Reflect.get(module, 'default')) as object)
  lines.on('line', (line) => {
    const message = JSON.parse(line) as Message
    if ('ping' in message) return send({ pong: message['ping'] })
    if ('answer' in message) return settle(message)
    loaded
      .then((functions) => perform(functions, message))
      .catch((error: unknown) => send({ call: message['call'], error: `The plugin can not be loaded: ${String(error)}`.slice(0, 2_000) }))
  })
  send({ ready: true })
}

await main(String(process.argv[2]))
