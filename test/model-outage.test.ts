import { randomBytes } from 'node:crypto'

import { createEngine, localSecrets, type AgentAdapter, type JsonObject } from '@engine/core'
import { anthropicAdapter } from '@engine/adapters/anthropic'
import { geminiAdapter } from '@engine/adapters/gemini'
import { openAiAdapter } from '@engine/adapters/openai'
import { fakeAnthropic, fakeGemini, fakeOpenAi, type FakeModel, type FakeModelOptions } from '@engine/testing'
import { expect, it, onTestFinished } from 'vitest'

import { until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

interface Wire {
  readonly type: string
  create(): AgentAdapter
  open(options: FakeModelOptions): Promise<FakeModel>
  readonly config?: JsonObject
}

const wires: Readonly<Record<string, Wire>> = {
  anthropic: { type: 'anthropic', create: anthropicAdapter, open: fakeAnthropic },
  'openai, responses': { type: 'openai', create: openAiAdapter, open: fakeOpenAi, config: { api: 'responses' } },
  'openai, chat': { type: 'openai', create: openAiAdapter, open: fakeOpenAi, config: { api: 'chat' } },
  gemini: { type: 'gemini', create: geminiAdapter, open: fakeGemini },
}

/** Calls that the provider answers by its fault before it works again: more than the attempts that the tasks have together. */
const failing = 30
const tasks = 12
const settings = { pollMs: 20, sweepMs: 20, retryBaseMs: 1, cooldownBaseMs: 1, cooldownCapMs: 20 }

it.each(Object.keys(wires).flatMap((name) => [500, 503, 529].map((status) => [name, status] as const)))(
  'a provider of %s that answers %i for a while costs next to no attempts, and no money',
  async (name, status) => {
    const wire = wires[name]
    if (!wire) throw new Error(`there is no wire ${name}`)
    let calls = 0
    const fake = await wire.open({
      answers: () => {
        calls += 1
        if (calls <= failing) return { status, message: 'It is down.' }
        return { text: 'It is done.', usage: { inputTokens: 10, outputTokens: 3 } }
      },
    })
    onTestFinished(() => fake.close())
    const secrets = localSecrets({ key: randomBytes(32) })
    const engine = await createEngine({ storage: await newStorage(), adapters: [wire.create()], secrets, settings })
    onTestFinished(() => engine.stop())
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    await engine.secrets.create({ companyId, name: 'KEY', value: 'the key of a model' })
    const config = { ...wire.config, model: 'a-model', apiKey: { secret: 'KEY' }, baseUrl: fake.baseUrl }
    const agents = []
    for (const name of ['Ada', 'Bob', 'Cay'])
      agents.push(await engine.agents.create({ companyId, name, role: 'writer', adapterType: wire.type, adapterConfig: config }))
    for (let count = 0; count < tasks; count += 1)
      await engine.tasks.create({ companyId, title: `Task ${count}`, assigneeAgentId: agents[count % 3]?.id, maxAttempts: 2 })
    await engine.start()
    // What the model says is a result, which somebody is to look at.
    const ended = () => engine.tasks.list({ companyId, status: ['in_review', 'blocked'], limit: 100 }).then(({ items }) => items)
    await until(ended, (items) => items.length === tasks, 30_000)
    expect((await ended()).map((task) => task.status)).toEqual(Array(tasks).fill('in_review'))
    const { items: runs } = await engine.runs.list({ companyId, limit: 100 })
    expect(runs.filter(({ status }) => status === 'succeeded')).toHaveLength(tasks)
    expect(calls).toBe(failing + tasks)
    // An answer of 500 may be one task's bad luck, until the work of another ends so too.
    const burned = new Set(runs.filter(({ attempt }) => attempt > 1).map(({ taskId }) => taskId))
    expect(burned.size).toBeLessThanOrEqual(status === 500 ? 1 : 0)
    expect(runs.every(({ attempt }) => attempt <= 2)).toBe(true)
    expect(runs.filter(({ status, usage }) => status !== 'succeeded' && (usage.inputTokens > 0 || usage.outputTokens > 0))).toEqual([])
    expect((await engine.breakers.list({ companyId })).items).toMatchObject([{ status: 'closed' }])
  },
)
