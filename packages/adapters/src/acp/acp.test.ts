import { createRedactor } from '@engine/core/plugin'
import { describe, expect, test } from 'vitest'

import type { JsonObject } from '@engine/core/plugin'

import { runAdapter, type RunOptions } from '../program/fixtures.ts'
import { toolNamed } from '../tool-server/fixtures.ts'
import type { Behaviour } from './fixture-agent.ts'
import { configOf } from './fixtures.ts'
import { acpAdapter } from './index.ts'

function play(behaviour: Behaviour, { config, ...options }: RunOptions & { config?: JsonObject } = {}) {
  return runAdapter(acpAdapter({ programs: 'any' }), configOf(behaviour, config), options)
}

describe('an agent that speaks the protocol', () => {
  test('does the task, and hands in what it said last', async () => {
    const { outcome, events, log } = await play({ says: ['Größe: ', '12 🪑.\n'] })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('stdout')).toBe('Größe: 12 🪑.\n')
    expect(events.filter(({ type }) => type !== 'log')).toEqual([
      { type: 'session', state: expect.objectContaining({ sessionId: 'session-1' }) },
      {
        type: 'tool_call',
        name: 'Read the room',
        input: { room: 'hall' },
        output: { chairs: 12 },
        isError: false,
        durationMs: expect.any(Number),
      },
      { type: 'session', state: expect.objectContaining({ sessionId: 'session-1' }) },
      { type: 'deliverable', title: 'Try it', content: 'Größe: 12 🪑.', contentType: 'text/markdown' },
    ])
    expect(log('stderr')).toContain('"fs":{"readTextFile":false,"writeTextFile":false}')
    expect(log('stderr')).toContain('Try it')
  })

  test('goes on in its session, whose past is not told again, and tells what both have cost', async () => {
    const first = await play({ knowsSessions: true, costs: 0.25 })
    const session = first.events.findLast((event) => event.type === 'session')?.state ?? null
    const next = await play({ knowsSessions: true, costs: 0.4 }, { session })
    expect(next.outcome).toEqual({ kind: 'needs_review' })
    expect(next.log('stderr')).toMatch(/load: .*"sessionId":"session-1"/)
    expect(next.log('stdout')).not.toContain('What I said before.')
    const charged = [first, next].map(({ events }) => events.flatMap((event) => (event.type === 'usage' ? [event.usage.costMicros] : [])))
    expect(charged).toEqual([[250_000], [400_000]])
  })

  test('begins a new session when it does not know the last one', async () => {
    const first = await play({})
    const known = first.events.findLast((event) => event.type === 'session')?.state ?? {}
    for (const behaviour of [{ knowsSessions: true }, { knowsSessions: false }]) {
      const { outcome, log } = await play(behaviour, { session: { ...known, sessionId: 'session-9' } })
      expect(outcome).toEqual({ kind: 'needs_review' })
      expect(log('stderr')).toContain('new: ')
    }
  })

  test('is set up as its configuration says', async () => {
    const config = { model: 'big', mode: 'code', options: { effort: 'high', telemetry: false } }
    const { outcome, log } = await play({}, { config })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('stderr')).toMatch(
      /mode: "code"\noption: \["effort","high"\]\noption: \["telemetry",false\]\noption: \["model","big"\]\nprompt:/,
    )
  })

  test.each([
    ['reject', 'id of reject_once', 'refused'],
    ['allow', 'id of allow_once', 'allowed'],
  ])('that asks for permission is answered: %s', async (permissions, optionId, told) => {
    const { outcome, log } = await play({ asksPermission: true }, { config: { permissions } })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('stderr')).toContain(`permission: {"outcome":{"outcome":"selected","optionId":"${optionId}"}}`)
    expect(log('stderr')).toMatch(/file: ".*-?32601|file: ".*There is no fs\/read_text_file here/)
    expect(log('system')).toContain(`asked for permission (Move a chair): ${told}`)
  })

  test.each<[Behaviour, string]>([
    [{ stopReason: 'max_tokens' }, 'bad_request'],
    [{ stopReason: 'max_turn_requests' }, 'config'],
    [{ stopReason: 'refusal' }, 'refused'],
    [{ stopReason: 'cancelled' }, 'transient'],
    [{ error: -32_000 }, 'auth'],
    [{ error: -32_602 }, 'bad_request'],
    [{ error: -32_603 }, 'unknown'],
    [{ protocolVersion: 2 }, 'config'],
    [{ prints: '' }, 'unknown'],
  ])('that ends by %j fails as %s', async (behaviour, failureClass) => {
    expect((await play(behaviour)).outcome).toMatchObject({ kind: 'failed', class: failureClass })
  })

  test('is ended when its work is over and it stays', async () => {
    const { outcome, log } = await play({ staysAlive: true })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('system')).toContain('its talk is over')
  })

  test('is stopped when it takes too long', async () => {
    expect((await play({ hangs: true }, { config: { timeoutSec: 2 } })).outcome).toMatchObject({ kind: 'failed', class: 'timeout' })
  })

  test('that takes servers of tools over HTTP gets that of its run, also in a session that goes on', async () => {
    const asked: unknown[] = []
    const comments = toolNamed('comments_create', async (input) => (asked.push(input), { isError: false, output: 'kept' }))
    const uses = [
      { tool: 'comments_create', input: { body: 'Half of it.' } },
      { tool: 'finish', input: { summary: 'Counted.' } },
    ]
    const first = await play({ uses, knowsSessions: true }, { tools: [comments] })
    expect(first.outcome).toEqual({ kind: 'done', summary: 'Counted.' })
    expect(asked).toEqual([{ body: 'Half of it.' }])
    expect(first.log('stderr')).toMatch(/"name":"engine".*"value":"Bearer \[secret ENGINE_MCP_TOKEN\]"/)
    const session = first.events.findLast((event) => event.type === 'session')?.state ?? null
    const next = await play({ uses, knowsSessions: true }, { tools: [comments], session })
    expect(next.log('stderr')).toMatch(/load: .*"name":"engine"/)
    expect(next.outcome).toEqual({ kind: 'done', summary: 'Counted.' })
    expect(asked).toHaveLength(2)
  })

  test('that takes none over HTTP gets none, nor does one that is to have none', async () => {
    expect((await play({})).log('stderr')).toContain('"mcpServers":[]')
    const switchedOff = await play({ uses: [{ tool: 'finish', input: { summary: 'x' } }] }, { config: { engineTools: false } })
    expect(switchedOff.log('stderr')).toContain('"mcpServers":[]')
    expect(switchedOff.outcome).toEqual({ kind: 'needs_review' })
  })

  test('tells no secret of its run', async () => {
    const redactor = createRedactor([{ name: 'KEY', value: 'canary-4711' }])
    const { events } = await play({ says: ['The key is canary-4711.'] }, { redactor })
    expect(JSON.stringify(events)).not.toContain('canary-4711.')
  })
})
