// PROMISES S8: where the host says which servers of models there may be, no other one in its network is asked.
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { fakeAnthropic, fakeGemini, fakeOpenAi } from '@engine/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { anthropicAdapter } from '../anthropic/index.ts'
import { geminiAdapter } from '../gemini/index.ts'
import { openAiAdapter } from '../openai/index.ts'
import { runAdapter } from '../program/fixtures.ts'

const models = {
  anthropic: [anthropicAdapter, fakeAnthropic],
  openai: [openAiAdapter, fakeOpenAi],
  gemini: [geminiAdapter, fakeGemini],
} as const

/** Something in the network of the server, which nobody has any business with. */
async function insider() {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  // A server that listens on a port has one.
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

describe.each(Object.entries(models))('the server of a model of %s', (_, [create, open]) => {
  test('is not asked in a network that the host does not allow, by a run or by a test of the configuration', async () => {
    const { port, connections } = await insider()
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254']) {
      const config = { model: 'a-model', apiKey: 'a-key', baseUrl: `https://${host}:${port}/v1` }
      const { outcome } = await runAdapter(create({ allow: [] }), config)
      expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('not public') })
      const adapter = create({ allow: [] })
      const report = await adapter.test?.({
        config: adapter.configSchema.parse(config) as never,
        env: {},
        signal: AbortSignal.timeout(5_000),
      })
      expect(report?.checks).toMatchObject([{ status: 'failed', message: expect.stringContaining('not public') }])
    }
    const plain = await runAdapter(create({ allow: [] }), { model: 'a-model', apiKey: 'a-key', baseUrl: 'http://models.example/v1' })
    expect(plain.outcome).toMatchObject({ class: 'config', message: expect.stringContaining('not encrypted') })
    expect(connections()).toBe(0)
  })

  test('is asked where the host allows it, and where it says nothing', async () => {
    const fake = await open({ answers: () => ({ text: 'Done.' }) })
    onTestFinished(() => fake.close())
    const config = { model: 'a-model', apiKey: 'a-key', baseUrl: fake.baseUrl, onText: 'done' }
    for (const options of [{ allow: ['127.0.0.1'] }, { allow: ['127.0.0.0/8'] }, { allow: 'any' }, {}] as const)
      expect((await runAdapter(create(options), config)).outcome).toMatchObject({ kind: 'done' })
    expect(fake.calls).toHaveLength(4)
  })
})
