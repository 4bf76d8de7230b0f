// Whatever a tool is called with, over the network: `pnpm torture --only mcp-bodies --count 2000` makes 50,000 calls.
import { toolName, type JsonObject } from '@engine/core'

import { inputOf, toolsOf } from '../../mcp-fixtures.ts'
import { defineLoop, type Round } from '../loop.ts'
import { anyText, anyValue, isPlain, nearly } from './mutate.ts'
import { betrays, bodiesStage, credentialOf, type Judged, type Target } from './stage.ts'

export const mcpBodies = defineLoop({
  name: 'mcp-bodies',
  storages: ['sqlite'],
  begin: () => bodiesStage({ call }),
})

async function call(target: Target, round: Round): Promise<Judged> {
  const { random } = round
  const tools = toolsOf(target.world.engine)
  const tool = tools[round.seed % tools.length]
  if (!tool) throw new Error('there is no tool')
  round.reached(tool.name)
  const right = inputOf(tool, target.company, target.company)
  const fields = Object.keys(tool.definition.input.shape)
  const given = random.int(6) === 0 ? anyValue(random) : nearly(random, right, fields)
  const name = random.int(25) === 0 ? anyText(random) : toolName(tool)
  const key = credentialOf(target, round)
  const { status, text } = await post(target.url, key, message(random.int(1_000), name, given))
  const { isRefused, as, wrong } = judge(status, text)
  return { isRefused, as, wrong: wrong && `${name} with ${JSON.stringify(given).slice(0, 600)}: ${wrong}` }
}

function message(id: number, name: string, given: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: given } })
}

async function post(url: string, key: string | null, body: string): Promise<{ status: number; text: string }> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(key !== null && { authorization: `Bearer ${key}` }),
  }
  const response = await fetch(`${url}/mcp`, { method: 'POST', headers, body })
  return { status: response.status, text: await response.text() }
}

function judge(status: number, text: string): Judged {
  if (status >= 500) return { isRefused: true, as: `answered ${status}`, wrong: `answered ${status} ${text.slice(0, 300)}` }
  if (status >= 400) return { isRefused: true, as: `answered ${status}`, wrong: wrongIn(text) }
  const data = text.startsWith('{') ? text : (/^data: ([^\r\n]*)/m.exec(text)?.[1] ?? '{}')
  const { result, error }: JsonObject = JSON.parse(data)
  if (error !== undefined) return { isRefused: true, as: 'refused by the protocol', wrong: wrongIn(JSON.stringify(error)) }
  if (!isResult(result)) return { isRefused: true, as: 'no answer', wrong: `answered ${text.slice(0, 300)}` }
  if (result.isError !== true) return { isRefused: false, as: 'let through', wrong: null }
  const told: unknown = JSON.parse(result.content[0]?.text ?? '{}')
  const isTold = isPlain(told) && typeof told['code'] === 'string' && told['code'] !== 'internal'
  return { isRefused: true, as: 'refused by the tool', wrong: isTold ? wrongIn(text) : `answered ${text.slice(0, 600)}` }
}

interface ToolResult {
  readonly isError?: boolean
  readonly content: readonly { readonly text: string }[]
}

function isResult(value: unknown): value is ToolResult {
  return typeof value === 'object' && value !== null && 'content' in value && Array.isArray(value.content)
}

function wrongIn(text: string): string | null {
  const betrayed = betrays(text)
  return betrayed === null ? null : `said ${betrayed} in ${text.slice(0, 600)}`
}
