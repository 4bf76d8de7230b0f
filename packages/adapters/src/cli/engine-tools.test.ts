import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { EngineError, type AgentAdapter, type AgentTool, type JsonObject, type JsonValue } from '@engine/core/plugin'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'

import { claudeCodeAdapter } from '../claude-code/index.ts'
import { codexAdapter } from '../codex/index.ts'
import { cursorAdapter } from '../cursor/index.ts'
import { geminiCliAdapter } from '../gemini-cli/index.ts'
import { opencodeAdapter } from '../opencode/index.ts'
import { piAdapter } from '../pi/index.ts'
import { endLeftovers, runAdapter, type FinishedRun, type RunOptions } from '../program/fixtures.ts'
import { fakeCli, jsonLines, type FakeCli, type Step } from './fixtures.ts'

afterEach(endLeftovers)

const begins: Step = { out: jsonLines({ type: 'system', subtype: 'init', session_id: 's-1' }) }
const ends: Step = { out: jsonLines({ type: 'result', subtype: 'success', is_error: false, result: 'My last words.', session_id: 's-1' }) }
const submits: Step = { tool: 'submit_for_review', input: { title: 'Report', content: 'All counted.' } }
const submitted = { type: 'deliverable', title: 'Report', content: 'All counted.' }

interface Played extends FinishedRun {
  readonly cli: FakeCli
  readonly asked: JsonValue[]
}

/** What a tool is asked is kept; the answer says so, unless a test knows better. */
function commenting(asked: JsonValue[], call?: AgentTool['call']): AgentTool {
  return {
    name: 'comments_create',
    description: 'Comments.',
    inputSchema: { type: 'object' },
    call: call ?? (async (input) => (asked.push(input), { isError: false, output: 'kept' })),
  }
}

interface Options extends RunOptions {
  readonly adapter?: AgentAdapter
  readonly config?: JsonObject
  readonly call?: AgentTool['call']
}

async function play(steps: readonly Step[], { adapter = claudeCodeAdapter({ programs: 'any' }), config, call, ...options }: Options = {}) {
  const cli = fakeCli([steps])
  onTestFinished(() => cli.remove())
  const asked: JsonValue[] = []
  const given = { command: cli.command, cwd: cli.folder, graceSec: 1, ...config }
  const run = await runAdapter(adapter, given, { tools: [commenting(asked, call)], ...options })
  return { ...run, cli, asked } satisfies Played
}

const callOf = ({ cli }: Played) => cli.calls()[0] ?? { args: [], env: {}, stdin: '', cwd: '' }
const said = { type: 'text', text: 'Done.' }

interface Dialect {
  readonly adapter: AgentAdapter
  readonly ending: Step
  readonly config?: JsonObject
}

const opencodeSettings = '{"share":"disabled","mcp":{"mine":{"type":"local","command":["x"]}}}'
const opencode: Dialect = {
  adapter: opencodeAdapter({ programs: 'any' }),
  config: { model: 'a/b', env: { OPENCODE_CONFIG_CONTENT: opencodeSettings } },
  ending: {
    out: jsonLines(
      { type: 'text', sessionID: 's', part: said },
      { type: 'step_finish', sessionID: 's', part: { reason: 'stop', tokens: {} } },
    ),
  },
}
const gemini: Dialect = {
  adapter: geminiCliAdapter({ programs: 'any' }),
  ending: { out: jsonLines({ type: 'result', status: 'success' }) },
}
const message = { id: '1', type: 'agent_message', text: 'Done.' }
const codex: Dialect = {
  adapter: codexAdapter({ programs: 'any' }),
  ending: { out: jsonLines({ type: 'item.completed', item: message }, { type: 'turn.completed', usage: {} }) },
}
const dialects: [string, Dialect][] = [
  ['Claude Code', { adapter: claudeCodeAdapter({ programs: 'any' }), ending: ends }],
  ['Codex', codex],
  ['opencode', opencode],
  ['Gemini CLI', gemini],
  ['the Cursor agent', { adapter: cursorAdapter({ programs: 'any' }), ending: ends }],
]

describe('a program', () => {
  test.each(dialects)('finds the tools of its run where it looks for them: %s', async (name, { adapter, config = {}, ending }) => {
    const comment: Step = { tool: 'comments_create', input: { body: `By ${name}` } }
    const played = await play([comment, submits, ending], { adapter, config })
    expect(played.cli.answers()).toEqual(['"kept"', 'It is kept, and counts when you stop. Stop here.'])
    expect(played.asked).toEqual([{ body: `By ${name}` }])
    expect(played.outcome).toEqual({ kind: 'needs_review' })
    expect(played.events.filter(({ type }) => type === 'deliverable')).toEqual([submitted])
    const { env, args } = callOf(played)
    expect(env.ENGINE_MCP_TOKEN).toMatch(/^[\w-]{43}$/)
    expect(JSON.stringify(args)).not.toContain(env.ENGINE_MCP_TOKEN)
    expect(JSON.stringify(played.events)).not.toContain(env.ENGINE_MCP_TOKEN)
  })

  test('keeps its own settings beside those of Engine, and what is none is left as it is', async () => {
    const { adapter, config, ending } = opencode
    const settings = (played: Played) => callOf(played).env.OPENCODE_CONFIG_CONTENT
    const own = await play([ending], { adapter, config: { ...config } })
    expect(JSON.parse(settings(own) ?? '')).toMatchObject({
      share: 'disabled',
      mcp: { mine: { type: 'local' }, engine: { type: 'remote', headers: { Authorization: 'Bearer {env:ENGINE_MCP_TOKEN}' } } },
    })
    const commented = '{ // mine\n "share": "disabled", /* none */ "tools": ["a", ], }'
    const read = await play([ending], { adapter, config: { ...config, env: { OPENCODE_CONFIG_CONTENT: commented } } })
    expect(JSON.parse(settings(read) ?? '')).toMatchObject({ share: 'disabled', tools: ['a'], mcp: { engine: { type: 'remote' } } })
    expect(callOf(read).stdin).toContain('the MCP server "engine"')
    expect(read.log('system')).not.toContain('OPENCODE_CONFIG_CONTENT')

    const broken = { ...config, env: { OPENCODE_CONFIG_CONTENT: '{ "mcp": {env:MINE} }' } }
    const left = await play([ending], { adapter, config: broken })
    expect(settings(left)).toBe('{ "mcp": {env:MINE} }')
    expect(left.log('system')).toMatch(/OPENCODE_CONFIG_CONTENT can not be read.*does not find them/)
    expect(callOf(left).stdin).not.toContain('MCP')
  })

  test('whose settings can not be read would not find them, which its test says', async () => {
    const toolsCheck = async (more: JsonObject) => {
      const given = opencode.adapter.configSchema.parse({ command: process.execPath, cwd: fakeHome(), model: 'a/b', ...more })
      const report = await opencode.adapter.test?.({ config: given, env: {}, signal: new AbortController().signal })
      return report?.checks.find(({ name }) => name === 'tools')
    }
    const env = { OPENCODE_CONFIG_CONTENT: 'no settings' }
    expect(await toolsCheck({ env })).toMatchObject({ status: 'warned', message: expect.stringContaining('can not be read') })
    expect(await toolsCheck({ env, engineTools: false })).toBeUndefined()
    expect(await toolsCheck({ env: { OPENCODE_CONFIG_CONTENT: '{ /* mine */ }' } })).toBeUndefined()
  })

  test('is told of them by the settings of its home, where the operator wrote them: Gemini CLI', async () => {
    const home = join(fakeHome(), 'home')
    mkdirSync(join(home, '.gemini'), { recursive: true })
    const headers = { Authorization: 'Bearer $ENGINE_MCP_TOKEN' }
    writeFileSync(join(home, '.gemini/settings.json'), JSON.stringify({ mcpServers: { engine: { httpUrl: '$ENGINE_MCP_URL', headers } } }))
    const { outcome } = await play([submits, gemini.ending], { adapter: gemini.adapter, config: { home } })
    expect(outcome).toEqual({ kind: 'needs_review' })
  })

  test('is told in its prompt what they are for, where it can be told of them', async () => {
    const tells = async (adapter: AgentAdapter, config: JsonObject = {}) => callOf(await play([ends], { adapter, config })).stdin
    expect(await tells(claudeCodeAdapter({ programs: 'any' }))).toContain('the MCP server "engine"')
    expect(await tells(claudeCodeAdapter({ programs: 'any' }), { engineTools: false })).not.toContain('MCP')
    expect(await tells(piAdapter({ programs: 'any' }))).not.toContain('MCP')
  })

  test('that is to have none gets no server', async () => {
    const played = await play([begins, ends], { config: { engineTools: false } })
    expect(played.outcome).toEqual({ kind: 'needs_review' })
    const { args, env } = callOf(played)
    expect(args.join(' ')).not.toContain('mcp')
    expect(Object.keys(env).filter((name) => name.startsWith('ENGINE_'))).toEqual(['ENGINE_RUN_ID'])
  })
})

function fakeHome(): string {
  const cli = fakeCli([[]])
  onTestFinished(() => cli.remove())
  return cli.folder
}

describe('the end that a program reported by a tool', () => {
  test.each<[string, JsonObject, object]>([
    ['finish', { summary: 'Counted.' }, { kind: 'done', summary: 'Counted.' }],
    ['report_blocked', { reason: 'No key.' }, { kind: 'blocked', reason: 'No key.' }],
    ['ask_person', { question: 'Which?' }, { kind: 'waiting', interaction: { ask: { kind: 'question', prompt: 'Which?' } } }],
  ])('is the outcome of the run, and its final message is handed in no more: %s', async (tool, input, outcome) => {
    const message = { id: 'm', content: [{ type: 'text', text: 'My last words.' }] }
    const played = await play([begins, { tool, input }, { out: jsonLines({ type: 'assistant', message }) }, ends])
    expect(played.outcome).toEqual(outcome)
    expect(played.events.some(({ type }) => type === 'deliverable')).toBe(false)
    expect(played.log('stdout')).toContain('My last words.')
  })

  test('stands when a second one is reported', async () => {
    const played = await play([begins, submits, { tool: 'report_blocked', input: { reason: 'Hm.' } }, ends])
    expect(played.outcome).toEqual({ kind: 'needs_review' })
    expect(played.cli.answers()[1]).toMatch(/^!You have already ended your work as needs_review/)
  })

  test('needs no final message', async () => {
    const silent: Step = { out: jsonLines({ type: 'result', subtype: 'success', is_error: false, result: '', session_id: 's-1' }) }
    expect((await play([begins, submits, silent])).outcome).toEqual({ kind: 'needs_review' })
  })

  test.each<[string, Step[], object]>([
    ['its exit code says so', [ends, { exit: 3 }], { kind: 'failed', class: 'unknown' }],
    ['it says nothing of its end', [], { kind: 'failed', class: 'unknown' }],
    ['it does not end', [{ hang: true }], { kind: 'failed', class: 'timeout' }],
    [
      'its provider refused',
      [{ out: jsonLines({ type: 'result', subtype: 'success', is_error: true, api_error_status: 401, result: 'No.', session_id: 's-1' }) }],
      { kind: 'failed', class: 'auth' },
    ],
  ])('is none when the program fails afterwards: %s', async (_, after, outcome) => {
    const played = await play([begins, submits, ...after], { config: { timeoutSec: 3 } })
    expect(played.outcome).toMatchObject(outcome)
    // What was handed in is there all the same.
    expect(played.events).toContainEqual(submitted)
  })

  test('is none when the run is cancelled afterwards', async () => {
    const stop = new AbortController()
    const options: Options = { signal: stop.signal, onEvent: (event) => event.type === 'deliverable' && stop.abort('task cancelled') }
    const played = await play([begins, submits, { hang: true }], options)
    expect(played.outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: task cancelled' })
  })

  test('keeps a program that knew no conversation from being started once more', async () => {
    const cli = fakeCli([
      [begins, ends],
      [submits, { exit: 1 }],
    ])
    onTestFinished(() => cli.remove())
    const place = { command: cli.command, cwd: cli.folder, graceSec: 1 }
    const adapter = claudeCodeAdapter({ programs: 'any' })
    const first = await runAdapter(adapter, place)
    const session = first.events.findLast((event) => event.type === 'session')?.state ?? null
    const { outcome } = await runAdapter(adapter, place, { session })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'unknown' })
    expect(cli.calls()).toHaveLength(2)
  })
})

describe('the tools of a run', () => {
  test('that may act no more are errors to the program, which is stopped', async () => {
    const lost = new EngineError({ code: 'lease_lost', kind: 'conflict', help: '' }, 'The lease is over.')
    const steps: Step[] = [begins, { tool: 'comments_create', input: {} }, { hang: true }]
    const played = await play(steps, { call: () => Promise.reject(lost) })
    expect(played.outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: The lease is over.' })
  })

  test.each<[string, Step[]]>([
    ['well', [begins, ends]],
    ['with a failure', [begins, { exit: 1 }]],
    ['by a signal', [begins, { hang: true }]],
  ])('are gone when it ended %s', async (_, steps) => {
    const { env } = callOf(await play(steps, { config: { timeoutSec: 2 } }))
    await expect(fetch(env.ENGINE_MCP_URL ?? '')).rejects.toThrow()
  })

  test('are gone when its program never started', async () => {
    const { outcome } = await play([], { config: { command: 'no-such-program-here' } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config' })
  })

  test('have no token that a program could print', async () => {
    const played = await play([{ printsToken: true }, begins, ends])
    const { env } = callOf(played)
    expect(played.log('stdout')).toContain('[secret ENGINE_MCP_TOKEN]')
    expect(played.log('stderr')).toContain('[secret ENGINE_MCP_TOKEN]')
    expect(JSON.stringify(played.events)).not.toContain(env.ENGINE_MCP_TOKEN)
  })
})
