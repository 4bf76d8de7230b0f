import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { EngineError, type AdapterEvent, type AgentAdapter, type JsonObject } from '@engine/core/plugin'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'

import { claudeCodeAdapter } from '../claude-code/index.ts'
import { codexAdapter } from '../codex/index.ts'
import { geminiCliAdapter } from '../gemini-cli/index.ts'
import { opencodeAdapter } from '../opencode/index.ts'
import { cursorAdapter } from '../cursor/index.ts'
import { anyContext, endLeftovers, eventually, processesOf, runAdapter, type FinishedRun, type RunOptions } from '../program/fixtures.ts'
import { fakeCli, jsonLines, type FakeCall, type FakeCli, type Step } from './fixtures.ts'

afterEach(endLeftovers)

const claudeTranscript = readFileSync(new URL('../claude-code/__fixtures__/2.1.329.jsonl', import.meta.url), 'utf8')
const sessionId = '8e49a78c-f589-492f-8280-bc65b6d0c08d'

interface Played extends FinishedRun {
  cli: FakeCli
  calls: FakeCall[]
  session: JsonObject | null | undefined
}

/** Each list of steps is what the program does in one call. */
function play(...calls: (readonly Step[])[]): FakeCli {
  const cli = fakeCli(calls)
  onTestFinished(() => cli.remove())
  return cli
}

async function runOn<Config>(adapter: AgentAdapter<Config>, cli: FakeCli, options: RunOptions & { config?: object } = {}): Promise<Played> {
  const run = await runAdapter(adapter, { command: cli.command, cwd: cli.folder, graceSec: 5, ...options.config }, options)
  const session = run.events.findLast((event) => event.type === 'session')
  return { ...run, cli, calls: cli.calls(), session: session?.type === 'session' ? session.state : undefined }
}

const claude = claudeCodeAdapter({ programs: 'any' })
const runClaude = (steps: readonly Step[], options: RunOptions & { config?: object } = {}) => runOn(claude, play(steps), options)

const claudeInit = { type: 'system', subtype: 'init', session_id: sessionId }
const claudeResult = (input: number, dollars: number, more: object = {}) => ({
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'Fine.',
  session_id: sessionId,
  modelUsage: {
    m: { inputTokens: input, outputTokens: Math.min(1, input), cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUSD: dollars },
  },
  ...more,
})
const usageOf = (events: AdapterEvent[]) => events.flatMap((event) => (event.type === 'usage' ? [event.usage] : []))

describe('a run that works', () => {
  test('hands in the final message and waits for its review', async () => {
    const { outcome, events, session } = await runClaude([{ out: claudeTranscript }])
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(events.filter((event) => event.type !== 'log' && event.type !== 'session')).toMatchObject([
      { type: 'tool_call', name: 'Bash' },
      { type: 'usage', usage: { provider: 'anthropic', inputTokens: 320, outputTokens: 40, costMicros: 1_413 } },
      { type: 'deliverable', title: 'Try it', content: 'All done.', contentType: 'text/markdown' },
    ])
    expect(session).toMatchObject({ sessionId })
  })

  test('is done with a summary when the configuration says so', async () => {
    const { outcome, events } = await runClaude([{ out: claudeTranscript }], { config: { onResult: 'done' } })
    expect(outcome).toEqual({ kind: 'done', summary: 'All done.' })
    expect(events.some((event) => event.type === 'deliverable')).toBe(false)
  })

  test('that used nothing is charged nothing', async () => {
    const { events } = await runClaude([{ out: jsonLines(claudeInit, claudeResult(0, 0)) }])
    expect(usageOf(events)).toEqual([])
  })

  test('without a final message has nothing to hand in', async () => {
    const lines = jsonLines(claudeInit, claudeResult(1, 0, { result: '' }))
    expect((await runClaude([{ out: lines }])).outcome).toMatchObject({ kind: 'failed', class: 'bad_request' })
    expect((await runClaude([{ out: lines }], { config: { onResult: 'done' } })).outcome).toEqual({ kind: 'done' })
  })

  test('is read however its bytes come', async () => {
    const lines = jsonLines(claudeInit, claudeResult(1, 0, { result: 'naïve – 漢字 – 🙂' }))
    const { events } = await runClaude([{ bytes: lines }])
    expect(events).toContainEqual(expect.objectContaining({ type: 'deliverable', content: 'naïve – 漢字 – 🙂' }))
  })

  test('keeps lines that nobody knows, other text and stderr as log', async () => {
    const strange = 'npm warn\n{"type":"brand_new"}\n{broken\n[1]\n'
    const { outcome, log } = await runClaude([{ err: 'careful\n' }, { out: strange }, { out: claudeTranscript }])
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('stdout')).toBe(`${strange}Running.\nAll done.\n`)
    expect(log('stderr')).toBe('careful\n')
  })

  test('holds a fast program back while the host is slow', async () => {
    const text = 'x'.repeat(9_999)
    const line = jsonLines({ type: 'assistant', message: { id: 'm', content: [{ type: 'text', text }] } })
    const cli = play([...Array.from({ length: 400 }, () => ({ out: line })), { out: claudeTranscript }, { err: 'all written\n' }])
    const seen: string[] = []
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const running = runOn(claude, cli, {
      async emit(event) {
        if (event.type === 'log' && event.stream === 'stderr') seen.push(event.text)
        if (event.type === 'log' && event.stream === 'stdout') await held
      },
    })
    await sleep(700)
    const wasHeldBack = seen.length === 0
    release()
    const { log } = await running
    expect(wasHeldBack).toBe(true)
    expect(log('stdout').length).toBeGreaterThan(4_000_000)
  })
})

describe('what a program gets', () => {
  test('is the task on stdin, each text with its origin, and nothing of it in its arguments', async () => {
    const task = { ...anyContext.task, description: 'DESCRIPTION $(touch x)', acceptanceCriteria: ['CRITERION'] }
    const comments = [{ author: 'Bo', origin: 'person' as const, body: 'COMMENT', createdAt: '2026-01-01' }]
    const { calls } = await runClaude([{ out: claudeTranscript }], { context: { ...anyContext, task, comments } })
    const { args, stdin } = calls[0] ?? { args: [], stdin: '' }
    for (const text of ['Try it', 'DESCRIPTION $(touch x)', 'CRITERION', 'COMMENT']) {
      expect(stdin).toContain(text)
      expect(args.join(' ')).not.toContain(text)
    }
    expect(stdin).toMatch(/origin="comment by Bo at 2026-01-01">\nCOMMENT/)
    expect(stdin).toContain('Your final message is handed in')
  })

  test('is an environment of few variables, its switches, those of the run and its key', async () => {
    process.env.CANARY_SECRET = 'do not tell'
    onTestFinished(() => void delete process.env.CANARY_SECRET)
    const { calls, runId } = await runClaude([{ out: claudeTranscript }], {
      env: { BOUND: 'bound', ANTHROPIC_API_KEY: 'of the agent' },
      config: { apiKey: 'of the configuration', env: { BOUND: 'own', OWN: 'own' } },
    })
    const { env } = calls[0] ?? { env: {} }
    const allowed = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'SystemRoot']
    expect(Object.fromEntries(Object.entries(env).filter(([name]) => !allowed.includes(name)))).toEqual({
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      BOUND: 'bound',
      OWN: 'own',
      ANTHROPIC_API_KEY: 'of the configuration',
      ENGINE_RUN_ID: runId,
      ENGINE_MCP_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/),
      ENGINE_MCP_TOKEN: expect.stringMatching(/^[\w-]{43}$/),
    })
  })

  test('is the key of the agent when the configuration has none, and never an argument', async () => {
    const { calls } = await runClaude([{ out: claudeTranscript }], { env: { ANTHROPIC_API_KEY: 'of the agent' } })
    expect(calls[0]?.env.ANTHROPIC_API_KEY).toBe('of the agent')
    expect(JSON.stringify(calls[0]?.args)).not.toContain('of the agent')
  })

  test('is the folder and the home that are configured', async () => {
    const cli = play([{ out: claudeTranscript }])
    const home = join(cli.folder, 'homes/ada')
    const { calls } = await runOn(claude, cli, { config: { home } })
    expect(calls[0]).toMatchObject({ cwd: realpathSync(cli.folder), env: { HOME: home } })
    expect(existsSync(home)).toBe(true)
  })
})

describe('a conversation', () => {
  const first = jsonLines(claudeInit, claudeResult(100, 0.001))
  const second = jsonLines(claudeInit, claudeResult(250, 0.003))

  test('goes on in the next run, which tells the counters of both as such', async () => {
    const cli = play([{ out: first }], [{ out: second }])
    const one = await runOn(claude, cli)
    const two = await runOn(claude, cli, { session: one.session ?? null })
    expect(two.calls[0]?.args).not.toContain('--resume')
    expect(two.calls[1]?.args.slice(-2)).toEqual(['--resume', sessionId])
    expect(two.calls[1]?.stdin).toContain('goes on from your earlier conversation')
    expect(usageOf(one.events)).toMatchObject([{ inputTokens: 100, costMicros: 1_000 }])
    expect(usageOf(two.events)).toMatchObject([{ inputTokens: 250, costMicros: 3_000, cumulative: true }])
  })

  test('that the program does not know any more is begun anew, once', async () => {
    const cli = play([{ out: first }], [{ err: 'No conversation found\n' }, { exit: 1 }], [{ out: first }])
    const one = await runOn(claude, cli)
    const two = await runOn(claude, cli, { session: one.session ?? null })
    expect(two.outcome).toEqual({ kind: 'needs_review' })
    expect(two.calls).toHaveLength(3)
    expect(two.calls[2]?.args).not.toContain('--resume')
    // Its counters are not those of the conversation that was to go on.
    expect(usageOf(two.events)).toMatchObject([{ inputTokens: 0 }, { inputTokens: 100 }])
    expect(two.events).toContainEqual({ type: 'session', state: null })
    expect(two.log('system')).toContain('a new one is begun')
  })

  test('that fails in the same way when it is begun anew is a failure', async () => {
    const cli = play([{ out: first }], [{ err: 'broken\n' }, { exit: 1 }])
    const one = await runOn(claude, cli)
    const two = await runOn(claude, cli, { session: one.session ?? null })
    expect(two.outcome).toMatchObject({ kind: 'failed', class: 'unknown', message: expect.stringContaining('broken') })
    expect(two.calls).toHaveLength(3)
    expect(two.session).toBeNull()
  })

  test('that was known and then failed is not begun anew', async () => {
    const broken = jsonLines(claudeInit, claudeResult(250, 0.003, { is_error: true, api_error_status: 529 }))
    const cli = play([{ out: first }], [{ out: broken }, { exit: 1 }])
    const one = await runOn(claude, cli)
    const two = await runOn(claude, cli, { session: one.session ?? null })
    expect(two.outcome).toMatchObject({ kind: 'failed', class: 'overloaded' })
    expect(two.calls).toHaveLength(2)
    expect(usageOf(two.events)).toMatchObject([{ inputTokens: 250 }])
    expect(two.session).toMatchObject({ sessionId })
  })

  test('of another folder, or one that is not wanted, is not gone on with', async () => {
    const cli = play([{ out: first }])
    const one = await runOn(claude, cli)
    const state = one.session ?? null
    const elsewhere = mkdtempSync(join(tmpdir(), 'engine-cli-'))
    onTestFinished(() => rmSync(elsewhere, { recursive: true }))
    const two = await runOn(claude, cli, { session: state, config: { cwd: elsewhere } })
    expect(two.calls[1]?.args).not.toContain('--resume')
    const three = await runOn(claude, cli, { session: state, config: { resume: false } })
    expect(three.calls[2]?.args).not.toContain('--resume')
  })

  test('of Codex tells the counters of the whole of it', async () => {
    const turn = (input: number) =>
      jsonLines(
        { type: 'thread.started', thread_id: 'thread-1' },
        { type: 'item.completed', item: { id: '1', type: 'agent_message', text: 'Fine.' } },
        { type: 'turn.completed', usage: { input_tokens: input, cached_input_tokens: 0, output_tokens: 1 } },
      )
    const cli = play([{ out: turn(200) }], [{ out: turn(300) }])
    const one = await runOn(codexAdapter({ programs: 'any' }), cli)
    const two = await runOn(codexAdapter({ programs: 'any' }), cli, { session: one.session ?? null })
    expect(usageOf(one.events)).toMatchObject([{ inputTokens: 200 }])
    expect(usageOf(two.events)).toMatchObject([{ inputTokens: 300, cumulative: true }])
    expect(two.calls[1]?.args.slice(-3)).toEqual(['resume', 'thread-1', '-'])
  })
})

describe('a run that fails', () => {
  test('by a result that says so, whatever its exit code is', async () => {
    const lines = jsonLines(claudeInit, claudeResult(1, 0, { is_error: true, api_error_status: 401, result: 'Invalid key' }))
    expect((await runClaude([{ out: lines }])).outcome).toEqual({ kind: 'failed', class: 'auth', message: 'Invalid key' })
  })

  test('by its limit is told how long the limit lasts', async () => {
    const resetsAt = Math.ceil(Date.now() / 1_000) + 3_600
    const lines = jsonLines(
      claudeInit,
      { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt } },
      claudeResult(1, 0, { is_error: true, api_error_status: 429 }),
    )
    const { outcome } = await runClaude([{ out: lines }, { exit: 1 }])
    expect(outcome).toMatchObject({ kind: 'failed', class: 'rate_limited' })
    const retryAfterMs = outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0
    expect(retryAfterMs).toBeGreaterThan(3_000_000)
    expect(retryAfterMs).toBeLessThanOrEqual(3_601_000)
  })

  test('by an exit code after a result that was good', async () => {
    const { outcome } = await runClaude([{ out: claudeTranscript }, { err: 'lost its mind\n' }, { exit: 3 }])
    expect(outcome).toMatchObject({ kind: 'failed', class: 'unknown', message: expect.stringMatching(/exit code 3[^]*lost its mind/) })
  })

  test('by a stream that is cut: without its result it is no success, and is still charged', async () => {
    const lines = claudeTranscript.split('\n').slice(0, 5).join('\n')
    const { outcome, events, session } = await runClaude([{ out: lines }])
    expect(outcome).toMatchObject({ kind: 'failed', class: 'unknown', message: expect.stringContaining('without the line') })
    expect(usageOf(events)).toMatchObject([{ inputTokens: 160, outputTokens: 1 }])
    expect(session).toMatchObject({ sessionId })
  })

  test.each([
    [41, 'auth'],
    [42, 'bad_request'],
    [53, 'config'],
    [1, 'unknown'],
  ])('by exit code %i of Gemini CLI', async (exit, failureClass) => {
    const { outcome } = await runOn(geminiCliAdapter({ programs: 'any' }), play([{ err: 'why\n' }, { exit }]))
    expect(outcome).toMatchObject({ kind: 'failed', class: failureClass, message: expect.stringContaining('why') })
  })

  test('by an end of the Cursor agent without a result', async () => {
    const lines = jsonLines({ type: 'system', subtype: 'init', session_id: 'c1' })
    const { outcome } = await runOn(cursorAdapter({ programs: 'any' }), play([{ out: lines }]))
    expect(outcome).toMatchObject({ kind: 'failed', class: 'unknown' })
  })

  test('in the middle of the steps of opencode is charged for those that ended', async () => {
    const step = { reason: 'tool-calls', cost: 0.001, tokens: { input: 5, output: 1, reasoning: 0, cache: { read: 0, write: 0 } } }
    const lines = jsonLines(
      { type: 'step_start', sessionID: 's1' },
      { type: 'step_finish', sessionID: 's1', part: step },
      { type: 'error', sessionID: 's1', error: { name: 'APIError', data: { message: 'busy', statusCode: 503 } } },
    )
    const { outcome, events } = await runOn(opencodeAdapter({ programs: 'any' }), play([{ out: lines }]), { config: { model: 'a/b' } })
    expect(outcome).toEqual({ kind: 'failed', class: 'overloaded', message: 'busy', isProviderFault: true })
    expect(usageOf(events)).toMatchObject([{ provider: 'a', model: 'b', inputTokens: 5, costMicros: 1_000 }])
  })

  test('by endless attempts of Codex to connect ends at its time', async () => {
    const again = jsonLines({ type: 'error', message: 'Reconnecting...' })
    const { outcome, log } = await runOn(codexAdapter({ programs: 'any' }), play([{ out: again }, { hang: true }]), {
      config: { timeoutSec: 1 },
    })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'timeout', message: expect.stringContaining('within 1 s') })
    expect(log('system')).toContain('Reconnecting')
  })

  test('by a program that is not there', async () => {
    const { outcome } = await runOn(claude, play([]), { config: { command: 'no-such-program-here' } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('no-such-program-here') })
  })

  test('by a workspace that can not be made', async () => {
    const cli = play([])
    const { outcome } = await runOn(claude, cli, { config: { cwd: undefined, workspace: { repository: cli.folder } } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('git') })
  })
})

describe('when the host refuses what a program did', () => {
  const refuse = (type: AdapterEvent['type'], error: Error) => async (event: AdapterEvent) => {
    if (event.type === type) throw error
  }

  test('the program is ended and the run fails', async () => {
    const call = { type: 'assistant', message: { id: 'm', content: [{ type: 'tool_use', id: 't', name: 'Bash' }] } }
    const answer = { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] } }
    const steps = [{ out: jsonLines(claudeInit, call, answer) }, { hang: true } as const]
    const { outcome, runId } = await runClaude(steps, { emit: refuse('tool_call', new Error('the task is closed')) })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringContaining('the task is closed') })
    expect(processesOf(runId)).toEqual([])
  })

  test('a deliverable that is refused is no success', async () => {
    const busy = new EngineError({ code: 'unavailable', kind: 'unavailable', help: '' }, 'database is busy')
    const { outcome } = await runClaude([{ out: claudeTranscript }], { emit: refuse('deliverable', busy) })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'transient', message: expect.stringContaining('database is busy') })
  })

  test('usage that is refused is no success', async () => {
    const { outcome } = await runClaude([{ out: claudeTranscript }], { emit: refuse('usage', new Error('no money left')) })
    expect(outcome).toMatchObject({ kind: 'failed', message: expect.stringContaining('no money left') })
  })
})

describe.runIf(process.platform === 'linux')('nothing of a run outlives it', () => {
  test('when it is stopped', async () => {
    const stop = new AbortController()
    const steps: Step[] = [{ ignoreTerm: true }, { escape: true }, { out: jsonLines(claudeInit) }, { waitMs: 500 }, { hang: true }]
    const { outcome, runId, events, session } = await runClaude(steps, {
      config: { graceSec: 1 },
      signal: stop.signal,
      onEvent: (event, id) => {
        if (event.type === 'session')
          void eventually(() => (processesOf(id).length >= 2 ? true : undefined)).then(() => stop.abort('agent paused'))
      },
    })
    const seen = events.length
    expect(outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: agent paused' })
    expect(processesOf(runId)).toEqual([])
    expect(session).toMatchObject({ sessionId })
    await sleep(50)
    expect(events).toHaveLength(seen)
  })

  test('when it takes too long', async () => {
    const steps: Step[] = [{ ignoreTerm: true }, { escape: true }, { hang: true }]
    const { outcome, runId } = await runClaude(steps, { config: { timeoutSec: 1, graceSec: 1 } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'timeout' })
    expect(processesOf(runId)).toEqual([])
  })

  test('when it was stopped before it began', async () => {
    const { outcome, events, calls } = await runClaude([{ out: claudeTranscript }], { signal: AbortSignal.abort('host stops') })
    expect(outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: host stops' })
    expect(events).toEqual([])
    expect(calls).toEqual([])
  })
})
