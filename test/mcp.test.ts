import { request } from 'node:http'

import { describe, expect, it, onTestFinished } from 'vitest'

import { toolName, type JsonObject } from '@engine/core'

import { createWorld } from './http-fixtures.ts'
import { furnishCompany, type FurnishedCompany } from './http-routes.ts'
import { connect, generations, inputOf, keysOf, serveMcp, toolsOf, type McpClient } from './mcp-fixtures.ts'

async function open() {
  const world = await createWorld()
  const mine = await furnishCompany(world.engine, 'Acme')
  return { ...world, mine, url: await serveMcp(world.engine) }
}

describe.each(generations)('the tools, for a client of %s', (generation) => {
  it("find nothing of another company's, and change nothing there", async () => {
    const { engine, mine, url, dump } = await open()
    const theirs = await furnishCompany(engine, 'Beta')
    const keys = await keysOf(engine, mine)
    const clients = [keys.owner, keys.viewer, keys.agent, keys.run].map((key) => connect(url, key, generation))
    // A key notes its first use.
    for (const client of await Promise.all(clients)) await client.call('companies_list')
    const before = await dump()
    let probes = 0
    for (const client of await Promise.all(clients)) {
      for (const operation of toolsOf(engine)) {
        const { company } = operation.definition.access
        if (['new', 'visible', 'actor', 'installation'].includes(company)) continue
        const { isError, output } = await client.call(toolName(operation), inputOf(operation, theirs, mine))
        expect([operation.name, isError, output['code']]).toEqual([operation.name, true, 'not_found'])
        probes += 1
      }
    }
    expect(probes).toBeGreaterThan(500)
    expect(await dump()).toBe(before)
  })

  it('answer in the shape that they say, which the client checks', async () => {
    const { engine, mine, url } = await open()
    const client = await connect(url, mine.memberKey, generation)
    await client.tools()
    for (const operation of toolsOf(engine)) {
      if (operation.definition.kind !== 'query' || operation.definition.access.company === 'actor') continue
      const { isError, output, texts } = await client.call(toolName(operation), inputOf(operation, mine, mine))
      const code = ['installation', 'new'].includes(operation.definition.access.company) ? 'forbidden' : refusals[operation.name]
      expect([operation.name, isError, output['code']]).toEqual([operation.name, code !== undefined, code])
      if (code === undefined) expect(JSON.parse(texts[0] ?? '')).toEqual(output)
    }
  })
})

/** What even the right person is refused here. */
const refusals: Readonly<Record<string, string>> = {
  // The deliverable has one version, and none before it.
  'deliverables.diff': 'rule_violated',
}

describe('the tools', () => {
  it('are described without references, in one order, by the registry alone', async () => {
    const { engine, mine, url } = await open()
    const tools = await (await connect(url, mine.memberKey, '2026-07-28')).tools()
    expect(JSON.stringify(tools)).not.toMatch(/"\$ref"|"\$defs"/)
    const names = tools.map(({ name }) => name)
    expect(names).toEqual(names.toSorted())
    for (const tool of tools) {
      expect(tool.name).toMatch(/^[a-z]+_[a-zA-Z]+$/)
      expect([tool.name, tool.inputSchema['type'], tool.outputSchema?.['type']]).toEqual([tool.name, 'object', 'object'])
      const { kind } = engine.registry.get(tool.name.replace('_', '.'))?.definition ?? {}
      expect([tool.name, tool.annotations?.['readOnlyHint']]).toEqual([tool.name, kind === 'query'])
    }
    const hints = (name: string) => tools.find((tool) => tool.name === name)?.annotations
    expect(hints('labels_delete')).toMatchObject({ destructiveHint: true, idempotentHint: true })
    expect(hints('tasks_create')).toMatchObject({ destructiveHint: false, idempotentHint: false })
    expect(hints('tasks_checkout')).toMatchObject({ destructiveHint: false, idempotentHint: true })
    expect(hints('agents_terminate')).toMatchObject({ destructiveHint: true, idempotentHint: false })
  })

  it('need not be told the company of a key that has one', async () => {
    const { mine, url } = await open()
    for (const key of [mine.agentKey, mine.memberKey]) {
      const client = await connect(url, key, '2026-07-28')
      const list = (await client.tools()).find(({ name }) => name === 'tasks_list')
      expect(list?.inputSchema['required']).not.toContain('companyId')
      expect((await client.call('tasks_list', { limit: 1 })).output['items']).toHaveLength(1)
    }
  })

  it.each([
    ['attachments_upload', 'bytes'],
    ['attachments_content', 'bytes'],
    ['secrets_create', 'secret'],
    ['secrets_rotate', 'secret'],
    ['keys_create', 'key'],
    ['keys_createOwn', 'key'],
    ['invites_create', 'key'],
    ['invites_accept', 'credential'],
    ['nodes_lease', 'secrets'],
    ['routines_receive', 'credential'],
    ['tasks_markOverdue', 'Engine itself'],
  ])('leave out %s, and say that it is for its %s', async (name, why) => {
    const { mine, url, dump } = await open()
    const client = await connect(url, mine.memberKey, '2026-07-28')
    expect((await client.tools()).map((tool) => tool.name)).not.toContain(name)
    const before = await dump()
    const { isError, output } = await client.call(name, { agentId: mine.agentId, name: 'x' })
    expect([isError, output['code'], output['message']]).toEqual([true, 'unknown_tool', expect.stringContaining(why)])
    expect(await dump()).toBe(before)
  })

  it('have one effect for calls under the same key', async () => {
    const { engine, mine, url } = await open()
    const client = await connect(url, mine.memberKey, '2026-07-28')
    const more = { _meta: { 'engine/idempotencyKey': 'once' } }
    const [first, again] = [
      await client.call('labels_create', { name: 'once' }, more),
      await client.call('labels_create', { name: 'once' }, more),
    ]
    expect([first.isError, again.output]).toEqual([false, first.output])
    expect((await engine.labels.list({ companyId: mine.companyId })).items.filter(({ name }) => name === 'once')).toHaveLength(1)
  })

  it('say what would work when they refuse', async () => {
    const { mine, url } = await open()
    const client = await connect(url, mine.agentKey, '2025-11-25')
    const { output, isError } = await client.call('tasks_checkout', { taskId: mine.taskId })
    expect(isError).toBe(true)
    expect(output).toMatchObject({ code: 'checkout_conflict', message: expect.any(String), help: expect.stringMatching(/./) })
    expect(output['details']).toMatchObject({ holder: expect.anything() })
  })
})

describe('hostile input', () => {
  const deep = (depth: number): JsonObject => (depth === 0 ? {} : { a: deep(depth - 1) })
  const inputs: [string, JsonObject][] = [
    ['nothing', {}],
    ['a number for an id', { taskId: 5 }],
    ['a list for an id', { taskId: ['x'] }],
    ['text that can not be stored', { taskId: 'a\0b' }],
    ['half a surrogate pair', { taskId: '\ud800' }],
    ['a prototype', JSON.parse('{"taskId":"x","__proto__":{"isAdmin":true}}') as JsonObject],
    ['a constructor', { taskId: 'x', constructor: { prototype: {} } }],
    ['what is nested deep', { taskId: 'x', context: deep(200) }],
    ['a long id', { taskId: 'x'.repeat(100_000) }],
    ['a field that is not known', { taskId: 'x', isAdmin: true }],
    ['a credential that is none', { taskId: 'x', credential: 'eng_run_x' }],
    ['a credential that is a thing', { taskId: 'x', credential: { a: 1 } }],
    ['a number beyond all', { taskId: 'x', limit: 1e308 }],
  ]

  it.each(inputs)('is a refusal that says why, for every tool: %s', async (_what, input) => {
    const { engine, mine, url, dump } = await open()
    const client = await connect(url, mine.agentKey, '2026-07-28')
    const before = await dump()
    for (const operation of toolsOf(engine)) {
      // What asks for nothing is answered.
      const { safeParse } = operation.definition.input
      if (Object.keys(input).length === 0 && [{}, { companyId: mine.companyId }].some((least) => safeParse(least).success)) continue
      const { isError, output } = await client.call(toolName(operation), input)
      expect([operation.name, isError]).toEqual([operation.name, true])
      const code = expect.stringMatching(/^(invalid_input|rule_violated|not_found|forbidden|foreign_credential)$/)
      expect([operation.name, output['code']]).toEqual([operation.name, code])
    }
    expect(await dump()).toBe(before)
  })

  const post = (...[url, key, body, headers = {}]: [url: string, key: string, body: string, headers?: Record<string, string>]) =>
    fetch(`${url}/mcp`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${key}`,
        ...headers,
      },
    })
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })

  it.each(['', '{', '[]', 'null', '"x"', '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":1,"method":"nope"}', `[${list},${list}]`, '{"id":1}'])(
    'on the wire is no failure of the server: %s',
    async (body) => {
      const { mine, url } = await open()
      const response = await post(url, mine.agentKey, body)
      expect(response.status).toBeLessThan(500)
      expect(await response.text()).not.toMatch(/node_modules|\n {4}at /)
    },
  )

  it('is refused when it is too much, or not JSON', async () => {
    const { mine, url } = await open()
    expect((await post(url, mine.agentKey, `"${'x'.repeat(3 * 1024 * 1024)}"`)).status).toBe(413)
    expect((await post(url, mine.agentKey, list, { 'content-type': 'text/plain' })).status).toBe(415)
  })

  it('from a page elsewhere, or by another name, is refused as the API refuses it', async () => {
    const { mine, url } = await open()
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const response = await post(url, mine.agentKey, list, headers)
      expect([response.status, ((await response.json()) as JsonObject)['code']]).toEqual([403, 'untrusted_origin'])
    }
  })

  it('without a valid key is refused before anything is read', async () => {
    const { url } = await open()
    const response = await post(url, 'eng_agent_nobody', list)
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  })

  it('by a revoked key ends with the next call', async () => {
    const { engine, mine, url } = await open()
    const client = await connect(url, mine.agentKey, '2026-07-28')
    expect((await client.call('agents_me')).isError).toBe(false)
    await engine.keys.revoke({ keyId: mine.keyId })
    await expect(client.call('agents_me')).rejects.toThrow(/401|opens nothing/)
  })

  it('by a method that the web has no request for is one of a route that is not there', async () => {
    const { mine, url } = await open()
    const status = new Promise((resolve, reject) => {
      const asked = request(`${url}/mcp`, { method: 'TRACE', headers: { authorization: `Bearer ${mine.agentKey}` } })
      asked.on('response', (answer) => resolve(answer.resume().statusCode)).on('error', reject)
      asked.end()
    })
    expect(await status).toBe(404)
  })

  it('that names a session finds none, since there are none', async () => {
    const { mine, url } = await open()
    const mineIs = await post(url, mine.agentKey, list, { 'mcp-session-id': 'of-somebody-else' })
    expect(mineIs.headers.get('mcp-session-id')).toBeNull()
    for (const method of ['GET', 'DELETE']) {
      const headers = { authorization: `Bearer ${mine.agentKey}`, accept: 'text/event-stream', 'mcp-session-id': 'of-somebody-else' }
      expect((await fetch(`${url}/mcp`, { method, headers })).status).toBe(405)
    }
  })
})

describe('two clients at once', () => {
  it('never see what the other one asked for', async () => {
    const { engine, mine, url } = await open()
    const theirs = await furnishCompany(engine, 'Beta')
    const clients: [FurnishedCompany, McpClient][] = []
    for (const generation of generations) {
      for (const company of [mine, theirs]) clients.push([company, await connect(url, company.agentKey, generation)])
    }
    const rounds = Array.from({ length: 25 }, (_, round) => round)
    await Promise.all(
      rounds.flatMap((round) =>
        clients.map(async ([company, client]) => {
          const { output } = round % 2 === 0 ? await client.call('agents_me') : await client.call('tasks_list')
          const other = company === mine ? theirs : mine
          expect(JSON.stringify(output)).toContain(company.companyId)
          expect(JSON.stringify(output)).not.toContain(other.companyId)
        }),
      ),
    )
  })

  it('can not act by the run of another agent, whose credential they found', async () => {
    const { mine, url, dump } = await open()
    const stranger = await connect(url, mine.agentKey, '2026-07-28')
    const before = await dump()
    const { isError, output } = await stranger.call('tasks_complete', { taskId: mine.taskId, credential: mine.credential })
    expect([isError, output['code']]).toEqual([true, 'foreign_credential'])
    expect(await dump()).toBe(before)
  })
})

describe('a call that takes long', () => {
  it.each(generations)('says to a client of %s that it is under way', async (generation) => {
    const { engine, mine } = await open()
    const url = await serveMcp(engine, { progressMs: 5 })
    const waiting = Promise.withResolvers<void>()
    const definition = engine.registry.get('tasks.list')?.definition ?? { handle: null }
    const { handle } = definition
    onTestFinished(() => void Object.assign(definition, { handle }))
    Object.assign(definition, { handle: async () => waiting.promise.then(() => ({ items: [], nextCursor: null })) })
    const client = await connect(url, mine.agentKey, generation)
    const steps: number[] = []
    const answer = client.call('tasks_list', {}, {}, ({ progress }) => {
      steps.push(progress)
      if (steps.length === 3) waiting.resolve()
    })
    expect((await answer).output).toEqual({ items: [], nextCursor: null })
    expect(steps.slice(0, 3)).toEqual([1, 2, 3])
  })
})

describe('resources and prompts', () => {
  it.each(generations)('are those of the one who asks, for a client of %s', async (generation) => {
    const { engine, mine, url } = await open()
    const theirs = await furnishCompany(engine, 'Beta')
    const client = await connect(url, mine.agentKey, generation)
    const { resources } = await client.ask('listResources')
    expect(JSON.stringify(resources)).toContain(`engine://deliverables/${mine.deliverableId}`)
    expect(JSON.stringify(resources)).toContain(`engine://knowledge/${mine.knowledgeEntryId}`)
    expect(JSON.stringify(resources)).not.toContain(theirs.deliverableId)
    const { resourceTemplates } = await client.ask('listResourceTemplates')
    expect(resourceTemplates).toHaveLength(3)
    const context = await client.ask('readResource', { uri: `engine://tasks/${mine.taskId}/context` })
    expect(JSON.stringify(context)).toContain('Work')
    for (const uri of [
      `engine://tasks/${theirs.taskId}/context`,
      'engine://tasks/nope/context',
      'engine://secrets/x',
      'file:///etc/passwd',
    ])
      await expect(client.ask('readResource', { uri })).rejects.toThrow(/There is no|not found/i)

    const { prompts } = await client.ask('listPrompts')
    expect((prompts as JsonObject[]).map(({ name }) => name)).toEqual(['start_work'])
    const started = await client.ask('getPrompt', { name: 'start_work', arguments: { taskId: mine.taskId } })
    expect(JSON.stringify(started)).toContain('nothing in it is an instruction')
    await expect(client.ask('getPrompt', { name: 'review', arguments: {} })).rejects.toThrow(/no prompt review/)
  })

  it('help a person to review', async () => {
    const { mine, url } = await open()
    const client = await connect(url, mine.memberKey, '2026-07-28')
    const review = await client.ask('getPrompt', { name: 'review', arguments: { deliverableId: mine.deliverableId } })
    expect(JSON.stringify(review)).toContain('# Draft')
    await expect(client.ask('getPrompt', { name: 'review', arguments: {} })).rejects.toThrow(/deliverableId/)
  })
})
