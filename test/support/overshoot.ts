import { createServer } from 'node:http'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { a2aAdapter } from '@engine/adapters/a2a'
import { acpAdapter } from '@engine/adapters/acp'
import { codexAdapter } from '@engine/adapters/codex'
import { cursorAdapter } from '@engine/adapters/cursor'
import { geminiCliAdapter } from '@engine/adapters/gemini-cli'
import { httpAdapter } from '@engine/adapters/http'
import { openClawAdapter } from '@engine/adapters/openclaw'
import { opencodeAdapter } from '@engine/adapters/opencode'
import { piAdapter } from '@engine/adapters/pi'
import { processAdapter } from '@engine/adapters/process'
import type { AgentAdapter } from '@engine/core'
import type { AdapterEvent } from '@engine/core/plugin'

import { completes, serveAgent } from '../../packages/adapters/src/a2a/fixtures.ts'
import { configOf } from '../../packages/adapters/src/acp/fixtures.ts'
import { fakeCli, jsonLines, type Step } from '../../packages/adapters/src/cli/fixtures.ts'
import { serveGateway } from '../../packages/adapters/src/openclaw/fixtures.ts'
import { bundledBook } from '../../packages/core/src/prices/bundled.ts'
import { costOf } from '../../packages/core/src/prices/cost.ts'
import { temporaryFolder } from './files.ts'

export interface Figure {
  readonly adapter: string
  readonly what: string
  readonly heldMicros: number
  readonly billedMicros: number
  readonly overMicros: number
}

/** All that was measured, in its order. */
export const figures: Figure[] = []

export function measured(figure: Omit<Figure, 'overMicros'>): Figure {
  const known = { ...figure, overMicros: Math.max(0, figure.billedMicros - figure.heldMicros) }
  figures.push(known)
  return known
}

/** What a run is held. */
export const capMicros = 50_000
const stepMicros = 10_000
/** How often a program would spend that, were it not stopped. */
const steps = 100

/** What adapters told of, by what they said or by the list. */
export function costOfUsages(events: readonly AdapterEvent[]): number {
  const usages = events.flatMap((event) => (event.type === 'usage' ? [event.usage] : []))
  return usages.reduce((sum, usage) => {
    const { provider = '', model = '', costMicros } = usage
    const price = bundledBook.find({ provider, model, at: new Date('2026-11-20T00:00:00Z') })
    return sum + (costMicros ?? (price ? costOf(price, usage) : 0))
  }, 0)
}

interface Spender {
  readonly config: Record<string, unknown>
  readonly deafness: string
  spentMicros(): number
  /** What of it goes on. */
  living(): string[]
  close(): void
}

interface Spends {
  readonly type: string
  create(): AgentAdapter
  open(options: { isDeaf: boolean }): Spender | Promise<Spender>
}

const deafness = 'and ignores the request to end, with a grace of 1 s'

/** A program that spends, and prints a line each time. */
function cli(line: object, more: object = {}) {
  return ({ isDeaf }: { isDeaf: boolean }): Spender => {
    const spending = Array.from({ length: steps }, (): Step[] => [{ out: jsonLines(line) }, { waitMs: 100 }]).flat()
    const fake = fakeCli([[...(isDeaf ? [{ ignoreTerm: true } as const] : []), ...spending]])
    return {
      config: { command: fake.command, cwd: fake.folder, graceSec: 1, ...more },
      deafness,
      spentMicros: () => fake.written() * stepMicros,
      living: () => fake.processes(),
      close: () => fake.remove(),
    }
  }
}

function acpAgent({ isDeaf }: { isDeaf: boolean }): Spender {
  const counter = join(temporaryFolder(), 'spent')
  const spent = () => (existsSync(counter) ? readFileSync(counter).length : 0)
  return {
    config: configOf({ spends: steps, countsIn: counter, isDeaf }),
    deafness,
    spentMicros: () => spent() * stepMicros,
    living: () => [],
    close: () => undefined,
  }
}

/** An agent behind a URL that spends while it is not told to stop, and says so when it is asked. */
async function remoteAgent({ isDeaf }: { isDeaf: boolean }): Promise<Spender> {
  let spent = 0
  let told = 0
  let spending: NodeJS.Timeout | undefined
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'POST' && request.url === '/cancel' && !isDeaf) clearInterval(spending)
      if (request.method === 'POST' && request.url === '/run') spending = setInterval(() => (spent += stepMicros), 100)
      const usage = { costMicros: spent - told }
      told = spent
      response.writeHead(202, { 'content-type': 'application/json', 'retry-after': '0' })
      response.end(JSON.stringify({ usage, statusUrl: '/jobs/1', cancelUrl: '/cancel' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  return {
    config: { url: `http://127.0.0.1:${port}/run`, pollSec: 1 },
    deafness: 'and goes on where nobody sees it: what it spends after the run is not in this figure',
    spentMicros: () => spent,
    living: () => [],
    close: () => {
      clearInterval(spending)
      server.closeAllConnections()
      server.close()
    },
  }
}

const usageOfPi = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, cost: { total: 0.01 } }
const partOfOpencode = {
  reason: 'tool-calls',
  tokens: { input: 1, output: 1, reasoning: 0, cache: { read: 0, write: 0 } },
  cost: 0.01,
}

/** What tells its usage as it goes. */
export const spenders: readonly Spends[] = [
  {
    type: 'pi',
    create: () => piAdapter({ programs: 'any' }),
    open: cli({ type: 'message_end', message: { role: 'assistant', content: [], stopReason: 'toolUse', usage: usageOfPi } }),
  },
  {
    type: 'opencode',
    create: () => opencodeAdapter({ programs: 'any' }),
    open: cli({ type: 'step_finish', sessionID: 'ses_1', part: partOfOpencode }, { model: 'anthropic/m' }),
  },
  { type: 'process', create: () => processAdapter({ programs: 'any' }), open: cli({ engine: 'usage', costMicros: stepMicros }) },
  { type: 'acp', create: () => acpAdapter({ programs: 'any' }), open: acpAgent },
  { type: 'http', create: () => httpAdapter({ allow: ['127.0.0.1'] }), open: remoteAgent },
]

/** What the others use of a model at its list price. */
export const usedMicros = 200_000

interface Tells {
  readonly type: string
  /** Whether its usage is told at the end, or never. */
  readonly tells: boolean
  create(): AgentAdapter
  open(): Told | Promise<Told>
}

interface Told {
  readonly config: Record<string, unknown>
  close(): void
}

function ending(lines: readonly object[], more: object = {}) {
  return (): Told => {
    const fake = fakeCli([[{ out: jsonLines(...lines) }]])
    return { config: { command: fake.command, cwd: fake.folder, ...more }, close: () => fake.remove() }
  }
}

const counted = (input: number, output: number) => ({ input_tokens: input, output_tokens: output, cached: 0, cached_input_tokens: 0 })

/** What tells its usage at its end, or not at all. */
export const tellers: readonly Tells[] = [
  {
    type: 'codex',
    tells: true,
    create: () => codexAdapter({ programs: 'any' }),
    open: ending(
      [
        { type: 'thread.started', thread_id: 't' },
        { type: 'item.completed', item: { id: 'i', type: 'agent_message', text: 'All done.' } },
        { type: 'turn.completed', usage: { ...counted(20_000, 10_000), cache_write_input_tokens: 0 } },
      ],
      { model: 'gpt-5.4' },
    ),
  },
  {
    type: 'gemini-cli',
    tells: true,
    create: () => geminiCliAdapter({ programs: 'any' }),
    open: ending([
      { type: 'init', session_id: 's' },
      { type: 'message', role: 'assistant', content: 'All done.', delta: true },
      { type: 'result', status: 'success', stats: { ...counted(80_000, 10_000), models: { 'gemini-2.5-pro': counted(80_000, 10_000) } } },
    ]),
  },
  {
    type: 'openclaw',
    tells: true,
    create: () => openClawAdapter({ allow: ['127.0.0.1'] }),
    async open() {
      const agentMeta = { provider: 'anthropic', model: 'claude-sonnet-5', usage: { input: 50_000, output: 10_000 } }
      const gateway = await serveGateway((job) => job.end('All done.', agentMeta.usage), {})
      return { config: { url: gateway.url }, close: () => gateway.close() }
    },
  },
  {
    type: 'cursor',
    tells: false,
    create: () => cursorAdapter({ programs: 'any' }),
    open: ending([{ type: 'result', subtype: 'success', is_error: false, result: 'All done.', session_id: 's' }]),
  },
  {
    type: 'a2a',
    tells: false,
    create: () => a2aAdapter({ allow: ['127.0.0.1'] }),
    async open() {
      const server = await serveAgent(completes)
      return { config: { url: server.url, pollSec: 0.05 }, close: () => server.close() }
    },
  },
]
