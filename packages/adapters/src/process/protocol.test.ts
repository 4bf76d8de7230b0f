import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { createRedactor, EngineError, type AdapterEvent } from '@engine/core/plugin'
import { afterAll, describe, expect, test } from 'vitest'

import { anyContext } from '../program/fixtures.ts'
import { runNode, say } from './fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'engine-process-'))
afterAll(() => rmSync(folder, { recursive: true }))

const refuseAll = (type: AdapterEvent['type'], error: Error) => async (event: AdapterEvent) => {
  if (event.type === type) throw error
}

describe('what a program gets', () => {
  test('is its context as one line of JSON, then the end of its stdin', async () => {
    const { log } = await runNode(
      `let all = ''; process.stdin.on('data', (data) => (all += data)).on('end', () => process.stdout.write(all))`,
    )
    expect(log('stdout').indexOf('\n')).toBe(log('stdout').length - 1)
    expect(JSON.parse(log('stdout'))).toEqual(anyContext)
  })

  test('is not needed: a program that never reads its stdin ends like any other', async () => {
    const { outcome } = await runNode(`process.stdin.destroy()`)
    expect(outcome).toEqual({ kind: 'done' })
  })

  test('is an environment without the secrets of the host', async () => {
    process.env.CANARY_SECRET = 'do not tell'
    const { log, runId } = await runNode(`console.log(JSON.stringify(process.env))`, { config: { env: { TOKEN: 'given' } } })
    delete process.env.CANARY_SECRET
    const environment = JSON.parse(log('stdout'))
    const allowed = [
      'PATH',
      'HOME',
      'LANG',
      'LC_ALL',
      'TMPDIR',
      'SystemRoot',
      'TOKEN',
      'ENGINE_RUN_ID',
      'ENGINE_MCP_URL',
      'ENGINE_MCP_TOKEN',
    ]
    expect(Object.keys(environment).filter((name) => !allowed.includes(name))).toEqual([])
    expect(environment).toMatchObject({ PATH: process.env.PATH, TOKEN: 'given', ENGINE_RUN_ID: runId })
  })

  test('is the folder that the configuration names', async () => {
    const { log } = await runNode(`console.log(process.cwd())`, { config: { cwd: folder } })
    expect(log('stdout').trim()).toBe(folder)
  })

  test('is its arguments as they are: no shell reads them', async () => {
    const args = ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', '$HOME', '; exit 9', '`id`', 'a b', "'", '*']
    const { log } = await runNode('', { config: { args } })
    expect(JSON.parse(log('stdout'))).toEqual(args.slice(3))
  })
})

describe('the secrets of a run', () => {
  const secret = `sk-${'0123456789abcdef'.repeat(5)}`
  const redactor = createRedactor([{ name: 'KEY', value: secret }])
  const run = (code: string) =>
    runNode(`const key = process.env.KEY; ${code}`, { config: { env: { KEY: 'other' } }, env: { KEY: secret }, redactor })

  test('are variables that go before those of the configuration', async () => {
    const { log } = await runNode(`console.log(process.env.KEY, process.env.ENGINE_RUN_ID === 'x')`, {
      config: { env: { KEY: 'other' } },
      env: { KEY: 'given', ENGINE_RUN_ID: 'x' },
    })
    expect(log('stdout')).toBe('given false\n')
  })

  test('are taken out before texts are cut: at the front of the end of stderr, and at the end of what is wrong', async () => {
    const end = await run(`process.stderr.write('before ' + key + 'y'.repeat(1900), () => process.exit(3))`)
    expect(end.outcome).toMatchObject({ kind: 'failed', message: expect.stringMatching(/stderr:\n(before )?\[?[A-Za-z ]*\]?y+$/) })
    const wrong = await run(`console.log(JSON.stringify({ engine: key }))`)
    expect(wrong.outcome).toMatchObject({ message: expect.stringContaining('there is no message "[secret KEY]"') })
    expect(JSON.stringify([end, wrong])).not.toMatch(/abcdef/)
  })

  test('are taken out of messages, which stay messages', async () => {
    const { events } = await run(`console.log(JSON.stringify({ engine: 'comment', body: 'It is ' + key + '.' }))`)
    expect(events).toEqual([{ type: 'comment', body: 'It is [secret KEY].' }])
  })
})

describe('what a program says', () => {
  test('becomes events in its order, with its other lines as log between them', async () => {
    const { events, outcome } = await runNode(
      [
        say({ engine: 'progress', percent: 10, message: 'began', details: { files: [1, 2] } }),
        `console.log('plain'); console.log('{"other":1}'); console.log('{"engine":7}');`,
        say({ engine: 'usage', inputTokens: 5, costMicros: 12 }),
        say({ engine: 'usage', outputTokens: 9, provider: 'p', model: 'm', billingType: 'subscription', cumulative: true }),
        say({ engine: 'comment', body: 'Looks good' }),
        say({ engine: 'deliverable', title: 'Report', content: '# Hi', contentType: 'text/markdown' }),
        say({ engine: 'outcome', outcome: { kind: 'needs_review', summary: 'please look' } }),
      ].join('\n'),
    )
    expect(joinLogs(events)).toEqual([
      { type: 'progress', percent: 10, message: 'began', details: { files: [1, 2] } },
      { type: 'log', stream: 'stdout', text: 'plain\n{"other":1}\n{"engine":7}\n' },
      { type: 'usage', usage: { inputTokens: 5, costMicros: 12 } },
      { type: 'usage', usage: { outputTokens: 9, provider: 'p', model: 'm', billingType: 'subscription', cumulative: true } },
      { type: 'comment', body: 'Looks good' },
      { type: 'deliverable', title: 'Report', content: '# Hi', contentType: 'text/markdown' },
    ])
    expect(outcome).toEqual({ kind: 'needs_review', summary: 'please look' })
  })

  test('on stderr is log, even when it looks like a message', async () => {
    const { events, log } = await runNode(say({ engine: 'comment', body: 'x' }).replace('log', 'error'))
    expect(events.every((event) => event.type === 'log')).toBe(true)
    expect(log('stderr')).toContain('"comment"')
  })

  test('counts once for an outcome: the last one', async () => {
    const blocked = say({ engine: 'outcome', outcome: { kind: 'blocked', reason: 'no key' } })
    const { outcome } = await runNode(blocked + say({ engine: 'outcome', outcome: { kind: 'continue', afterMs: 5 } }))
    expect(outcome).toEqual({ kind: 'continue', afterMs: 5 })
  })

  test('survives a cut anywhere: inside a line and inside a character', async () => {
    const line = `${JSON.stringify({ engine: 'comment', body: 'naïve – 漢字 – 🙂' })}\nlog: 🙂é\n`
    const { events, log } = await runNode(`
      const bytes = Buffer.from(${JSON.stringify(line)})
      let at = 0
      const next = () => at < bytes.length && process.stdout.write(bytes.subarray(at, ++at), () => setTimeout(next, 1))
      next()`)
    expect(events).toContainEqual({ type: 'comment', body: 'naïve – 漢字 – 🙂' })
    expect(log('stdout')).toBe('log: 🙂é\n')
  })

  test('may end without a line end', async () => {
    const { events } = await runNode(`process.stdout.write('{"engine":"comment","body":"last"}')`)
    expect(events).toEqual([{ type: 'comment', body: 'last' }])
  })

  test('comes in few events, not one a line', async () => {
    const { events, log } = await runNode(`process.stdout.write('line\\n'.repeat(20000))`)
    expect(log('stdout')).toHaveLength(100_000)
    expect(events.length).toBeLessThan(200)
  })

  test('waits while the host has not taken what came before', async () => {
    const marker = join(folder, 'all-written')
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const code = `for (let i = 0; i < 400; i++) require('node:fs').writeSync(1, 'x'.repeat(9999) + '\\n')
      require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`
    const running = runNode(code, { emit: () => held })
    await sleep(700)
    const wasHeldBack = !existsSync(marker)
    release()
    const { log } = await running
    expect(wasHeldBack).toBe(true)
    expect(log('stdout')).toHaveLength(4_000_000)
  })
})

describe('a message that can not be taken', () => {
  const malformed: [string, string, RegExp][] = [
    ['a value out of range', say({ engine: 'progress', percent: 101 }), /line 2 .*progress: percent: /],
    ['a member that nobody knows', say({ engine: 'comment', body: 'x', author: 'me' }), /line 2 .*author/],
    ['a message that nobody knows', say({ engine: 'toString' }), /line 2 .*no message "toString"; known: progress, usage/],
    ['an outcome of no kind', say({ engine: 'outcome', outcome: { kind: 'fine' } }), /line 2 .*outcome/],
    ['JSON that is broken', `console.log('{"engine":"comment","body":"x')`, /line 2 .*not valid JSON/],
    [
      'a deliverable above 1 MB',
      `console.log(JSON.stringify({ engine: 'deliverable', title: 't', content: 'é'.repeat(500_001) }))`,
      /larger/,
    ],
    ['a line above 2 MiB', `console.log(JSON.stringify({ engine: 'comment', body: 'x'.repeat(2 ** 21) }))`, /line 2 .*longer/],
  ]
  test.each(malformed)('fails the run and says which line and why: %s', async (_name, code, why) => {
    const after = say({ engine: 'comment', body: 'after' }) + say({ engine: 'outcome', outcome: { kind: 'done' } })
    const { outcome, log, events } = await runNode(`console.log('first line');${code}\n;${after}`)
    expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringMatching(why) })
    expect(log('system')).toMatch(why)
    expect(events).toContainEqual({ type: 'comment', body: 'after' })
  })

  test('is taken up to its limit: 1 MB of content', async () => {
    const { outcome, events } = await runNode(
      `console.log(JSON.stringify({ engine: 'deliverable', title: 't', content: 'x'.repeat(1_000_000) }))`,
    )
    expect(outcome).toEqual({ kind: 'done' })
    expect(events).toMatchObject([{ type: 'deliverable', title: 't' }])
  })

  test.each(['comment', 'deliverable'] as const)('fails the run when the host refuses it: %s', async (type) => {
    const code = say(type === 'comment' ? { engine: type, body: 'x' } : { engine: type, title: 't', content: 'c' })
    const { outcome, log } = await runNode(code, { emit: refuseAll(type, new Error('the task is closed')) })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringMatching(/line 1 .*the task is closed/) })
    expect(log('system')).toContain('the task is closed')
  })

  test('fails the run as transient when the host is only out of reach', async () => {
    const busy = new EngineError({ code: 'unavailable', kind: 'unavailable', help: '' }, 'database is busy')
    const { outcome } = await runNode(say({ engine: 'comment', body: 'x' }), { emit: refuseAll('comment', busy) })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'transient' })
  })

  test('does not fail the run when it is only log', async () => {
    const { outcome } = await runNode(`console.log('x'); console.error('y')`, { emit: refuseAll('log', new Error('log is full')) })
    expect(outcome).toEqual({ kind: 'done' })
  })
})

function joinLogs(events: AdapterEvent[]): AdapterEvent[] {
  return events.reduce<AdapterEvent[]>((joined, event) => {
    const last = joined.at(-1)
    if (event.type !== 'log' || last?.type !== 'log' || last.stream !== event.stream) return [...joined, event]
    return [...joined.slice(0, -1), { ...last, text: last.text + event.text }]
  }, [])
}
