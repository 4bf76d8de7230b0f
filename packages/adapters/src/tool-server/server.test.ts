import { createRedactor, EngineError, type JsonValue } from '@engine/core/plugin'
import { describe, expect, test } from 'vitest'

import { connect, serve, toolNamed, use } from './fixtures.ts'

const echo = toolNamed('comments_create', async (input) => ({ isError: false, output: { said: input } }))
const refusal = (code: string, kind: EngineError['kind'], message: string) => new EngineError({ code, kind, help: '' }, message)
const submission = { title: 'Report', content: 'It is done.' }

describe.each(['2025', '2026-07-28'] as const)('a program of %s', (generation) => {
  test('finds the tools of its run and those that end it, and uses them', async () => {
    const server = await serve([echo])
    const client = await connect(server, generation)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['comments_create', 'submit_for_review', 'finish', 'report_blocked', 'ask_person'])
    expect(tools[0]).toMatchObject({ description: 'Does comments_create.', inputSchema: { type: 'object' } })
    expect(await use(client, 'comments_create', { body: 'Hello' })).toBe('{"said":{"body":"Hello"}}')
    expect(server.events).toEqual([])
  })
})

test('a program that ends by other means gets no tools for it, and its calls are told', async () => {
  const server = await serve([echo], { hasEndings: false, isTold: true })
  const client = await connect(server)
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['comments_create'])
  expect(await use(client, 'finish', { summary: 'Done.' })).toBe('!There is no tool finish.')
  await use(client, 'comments_create', { body: 'Hello' })
  expect(server.ending).toBeNull()
  expect(server.events).toEqual([
    { type: 'tool_call', name: 'comments_create', input: { body: 'Hello' }, isError: false, durationMs: expect.any(Number) },
  ])
})

describe('a tool that does not do it', () => {
  test('because of what it was given says so to the model', async () => {
    const server = await serve([toolNamed('denies', async () => ({ isError: true, code: 'denied', message: 'Not your task.' }))])
    const client = await connect(server)
    expect(await use(client, 'denies')).toBe('!denied: Not your task.')
    expect(await use(client, 'nothing')).toBe('!There is no tool nothing.')
    expect(await use(client, 'submit_for_review', { title: 'Report' })).toMatch(/^!.*content/s)
    expect(server.ending).toBeNull()
  })

  test('because the run may act no more is an error to the program, and tells who runs it', async () => {
    const server = await serve([toolNamed('late', () => Promise.reject(refusal('lease_lost', 'conflict', 'The lease is over.')))])
    const client = await connect(server)
    expect(server.lost.aborted).toBe(false)
    expect(await use(client, 'late')).toBe('!lease_lost: The lease is over.')
    expect(server.lost).toMatchObject({ aborted: true, reason: 'The lease is over.' })
    expect(await use(client, 'late')).toBe('!lease_lost: The lease is over.')
  })

  test('because something broke keeps what broke to itself', async () => {
    const server = await serve([toolNamed('broken', () => Promise.reject(new Error('/var/db is full')))])
    const client = await connect(server)
    expect(await use(client, 'broken')).toBe('!internal: Something went wrong on the side of Engine.')
    expect(server.lost.aborted).toBe(false)
    expect(JSON.stringify(server.warnings)).toContain('/var/db is full')
  })
})

describe('the end of the work', () => {
  test.each([
    ['finish', { summary: 'Counted.' }, { kind: 'done', summary: 'Counted.' }],
    ['report_blocked', { reason: 'No key.' }, { kind: 'blocked', reason: 'No key.' }],
    ['ask_person', { question: 'Which?' }, { kind: 'waiting', interaction: { ask: { kind: 'question', prompt: 'Which?' } } }],
  ])('by %s is kept', async (name, input, ending) => {
    const server = await serve([])
    expect(await use(await connect(server), name, input)).toMatch(/^It is kept/)
    expect(server.ending).toEqual(ending)
    expect(server.events).toEqual([])
  })

  test('by submit_for_review is the deliverable and the outcome', async () => {
    const server = await serve([])
    await use(await connect(server), 'submit_for_review', submission)
    expect(server.ending).toEqual({ kind: 'needs_review' })
    expect(server.events).toEqual([{ type: 'deliverable', ...submission }])
  })

  test('is the first one, also of two at the same time, and other tools still answer', async () => {
    const server = await serve([echo])
    const client = await connect(server)
    const said = await Promise.all([
      use(client, 'submit_for_review', submission),
      use(client, 'submit_for_review', submission),
      use(client, 'finish', { summary: 'Done.' }),
    ])
    expect(said.map((text) => text.slice(0, 11))).toEqual(['It is kept,', '!You have a', '!You have a'])
    expect(server.ending).toEqual({ kind: 'needs_review' })
    expect(server.events).toHaveLength(1)
    expect(await use(client, 'comments_create')).toBe('{"said":{}}')
  })

  test('whose deliverable was refused is none, and can be tried again', async () => {
    let isRefused = true
    const server = await serve([], {
      record: async () => {
        if (isRefused) throw refusal('rule_violated', 'rule', 'It is too large.')
      },
    })
    const client = await connect(server)
    expect(await use(client, 'submit_for_review', submission)).toBe('!rule_violated: It is too large.')
    expect(server.ending).toBeNull()
    isRefused = false
    await use(client, 'submit_for_review', submission)
    expect(server.ending).toEqual({ kind: 'needs_review' })
  })
})

test('calls are made one after the other, in the order in which they came', async () => {
  const seen: string[] = []
  const slow = toolNamed('slow', async (input) => {
    seen.push(`begins ${JSON.stringify(input)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    seen.push(`ends ${JSON.stringify(input)}`)
    return { isError: false, output: null }
  })
  const client = await connect(await serve([slow]))
  await use(client, 'slow', { n: 0 })
  await Promise.all([1, 2, 3].map((n) => use(client, 'slow', { n })))
  expect(seen).toHaveLength(8)
  for (let at = 0; at < seen.length; at += 2) expect(seen[at + 1]).toBe(seen[at]?.replace('begins', 'ends'))
})

test('neither the token nor a secret of the run comes through what a program writes', async () => {
  const given: unknown[] = []
  const server = await serve([toolNamed('keeps', async (input) => (given.push(input), { isError: false, output: null }))], {
    redactor: createRedactor([{ name: 'KEY', value: 'canary-4711' }]),
  })
  const client = await connect(server)
  await use(client, 'keeps', { body: `${server.token} and canary-4711`, [server.token]: 1 })
  await use(client, 'submit_for_review', { title: 'Report', content: Buffer.from(server.token).toString('base64') })
  expect(given).toEqual([{ body: '[secret ENGINE_MCP_TOKEN] and [secret KEY]', '[secret ENGINE_MCP_TOKEN]': 1 }])
  expect(JSON.stringify(server.events)).not.toContain(Buffer.from(server.token).toString('base64'))
  const stream = server.redactor.stream()
  const text = [`a ${server.token.slice(0, 20)}`, `${server.token.slice(20)} b`, ' canary-47', '11']
    .map((piece) => stream.push(piece))
    .join('')
  expect(text + stream.end()).toBe('a [secret ENGINE_MCP_TOKEN] b [secret KEY]')
})

test('a secret comes through no deeper than input may be nested, where only a mark is left', async () => {
  const given: unknown[] = []
  const keeps = toolNamed('keeps', async (input) => (given.push(input), { isError: false, output: null }))
  const server = await serve([keeps], { isTold: true, redactor: createRedactor([{ name: 'KEY', value: 'canary-4711' }]) })
  const client = await connect(server)
  for (const levels of [5, 64, 65, 200]) {
    let deep: JsonValue = `${server.token} and canary-4711`
    for (let level = 0; level < levels; level += 1) deep = [deep]
    await use(client, 'keeps', { deep })
  }
  expect(given).toHaveLength(4)
  const all = JSON.stringify([given, server.events])
  expect(all).not.toContain('canary-4711')
  expect(all).not.toContain(server.token)
  expect(all).toContain('[nested too deep]')
})

test('closing does not wait for ever for a call that does not end', async () => {
  const begun = Promise.withResolvers<void>()
  const stuck = toolNamed('stuck', () => (begun.resolve(), new Promise(() => undefined)))
  const server = await serve([stuck])
  const client = await connect(server)
  const called = use(client, 'stuck').catch(() => 'ended')
  await begun.promise
  await server.close()
  expect(await called).toBe('ended')
  expect(JSON.stringify(server.warnings)).toContain('goes on behind its run')
}, 30_000)

test('the token of each server is another, of 256 bits', async () => {
  const [one, two] = [await serve([]), await serve([])]
  expect(one.token).not.toBe(two.token)
  expect(Buffer.from(one.token, 'base64url')).toHaveLength(32)
  await expect(connect({ url: one.url, token: two.token })).rejects.toThrow()
})

test('closing waits for the call that was begun, makes none that wait, and leaves nobody connected', async () => {
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const seen: unknown[] = []
  const slow = toolNamed('slow', async (input) => {
    seen.push(input)
    begun.resolve()
    await release.promise
    seen.push('done')
    return { isError: false, output: null }
  })
  const server = await serve([slow])
  const client = await connect(server)
  const calls = [use(client, 'slow', { n: 1 }), use(client, 'slow', { n: 2 })]
  const ended = Promise.allSettled(calls)
  await begun.promise
  let isClosed = false
  const closed = server.close().then(() => (isClosed = true))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(isClosed).toBe(false)
  release.resolve()
  await closed
  expect(seen).toEqual([{ n: 1 }, 'done'])
  expect(await ended).toHaveLength(2)
  await expect(fetch(server.url)).rejects.toThrow()
})
