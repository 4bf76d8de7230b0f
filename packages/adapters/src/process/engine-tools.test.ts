import { EngineError, type JsonValue } from '@engine/core/plugin'
import { afterEach, describe, expect, test } from 'vitest'

import { endLeftovers } from '../program/fixtures.ts'
import { toolNamed } from '../tool-server/fixtures.ts'
import { runNode, say } from './fixtures.ts'

afterEach(endLeftovers)

/** A program without any library: one message, one answer. */
const calling = (name: string, input: object) => `
  await (async () => {
    const headers = { authorization: 'Bearer ' + process.env.ENGINE_MCP_TOKEN, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: '${name}', arguments: ${JSON.stringify(input)} } })
    const answer = await fetch(process.env.ENGINE_MCP_URL, { method: 'POST', headers, body })
    console.log(answer.status, /{.*}/.exec(await answer.text())?.[0])
  })();`
const program = (...lines: string[]) => `(async () => { ${lines.join('\n')} })()`

describe('a program', () => {
  test('uses the tools of its run, each of which is told, and ends by its message alone', async () => {
    const asked: JsonValue[] = []
    const comments = toolNamed('comments_create', async (input) => (asked.push(input), { isError: false, output: { id: 'c-1' } }))
    const code = program(calling('comments_create', { body: 'Half of it.' }), calling('finish', { summary: 'No.' }))
    const { outcome, events, log } = await runNode(code, { tools: [comments] })
    expect(outcome).toEqual({ kind: 'done' })
    expect(asked).toEqual([{ body: 'Half of it.' }])
    expect(log('stdout')).toMatch(/200 .*c-1.*\n200 .*There is no tool finish/)
    expect(events.filter(({ type }) => type !== 'log')).toEqual([
      { type: 'tool_call', name: 'comments_create', input: { body: 'Half of it.' }, isError: false, durationMs: expect.any(Number) },
    ])
  })

  test('prints its token to nobody, also not through a tool', async () => {
    const asked: JsonValue[] = []
    const comments = toolNamed('comments_create', async (input) => (asked.push(input), { isError: false, output: null }))
    const leak = `console.log(process.env.ENGINE_MCP_TOKEN); console.log(JSON.stringify({ engine: 'comment', body: process.env.ENGINE_MCP_TOKEN }));`
    const { events } = await runNode(program(leak), { tools: [comments] })
    expect(events).toContainEqual({ type: 'comment', body: '[secret ENGINE_MCP_TOKEN]' })
    expect(events).toContainEqual({ type: 'log', stream: 'stdout', text: '[secret ENGINE_MCP_TOKEN]\n' })
  })

  test('that is to have none gets no variables', async () => {
    const code = `console.log(Object.keys(process.env).filter((name) => name.startsWith('ENGINE_')).join())`
    const { log } = await runNode(code, { config: { engineTools: false } })
    expect(log('stdout')).toBe('ENGINE_RUN_ID\n')
    expect((await runNode(code)).log('stdout')).toBe('ENGINE_MCP_URL,ENGINE_MCP_TOKEN,ENGINE_RUN_ID\n')
  })

  test('whose run may act no more is stopped', async () => {
    const lost = new EngineError({ code: 'lease_lost', kind: 'conflict', help: '' }, 'The lease is over.')
    const late = toolNamed('late', () => Promise.reject(lost))
    const code = program(calling('late', {}), say({ engine: 'outcome', outcome: { kind: 'done' } }), 'setInterval(() => {}, 1000)')
    const { outcome, log } = await runNode(code, { tools: [late], config: { graceSec: 1 } })
    expect(outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: The lease is over.' })
    expect(log('system')).toContain('stopped: The lease is over.')
  })

  test('that cries without end is answered in its turn, and its run ends when it does', async () => {
    let count = 0
    const comments = toolNamed('comments_create', async () => ({ isError: false, output: (count += 1) }))
    // Of more connections than a program needs some are closed at once.
    const cry = `${calling('comments_create', {}).trim().replace('await', 'return').slice(0, -1)}.catch(() => console.log('closed'))`
    const cries = `await Promise.all(Array.from({ length: 300 }, () => { ${cry} }));`
    const { outcome, log } = await runNode(program(cries), { tools: [comments] })
    expect(outcome).toEqual({ kind: 'done' })
    expect(log('stdout').match(/^200 /gm)?.length).toBe(count)
    expect(log('stdout').match(/^(200 |503 |closed)/gm)).toHaveLength(300)
  })

  test('may leave a call behind; its run ends after it', async () => {
    let isDone = false
    const slow = toolNamed('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      isDone = true
      return { isError: false, output: null }
    })
    const code = program(`void (${calling('slow', {}).trim().replace('await', '').slice(0, -1)}); setTimeout(() => process.exit(0), 500)`)
    const { outcome } = await runNode(code, { tools: [slow] })
    expect([outcome, isDone]).toEqual([{ kind: 'done' }, true])
  })
})
