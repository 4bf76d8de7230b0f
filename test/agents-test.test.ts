import { randomBytes } from 'node:crypto'

import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'

import { anthropicAdapter } from '@engine/adapters/anthropic'
import { claudeCodeAdapter } from '@engine/adapters/claude-code'
import { httpAdapter } from '@engine/adapters/http'
import { processAdapter } from '@engine/adapters/process'
import { createEngine, localSecrets, type EngineEvent, type EngineSettings, type JsonObject } from '@engine/core'
import type { AdapterTestOptions, AdapterTestReport, AgentAdapter } from '@engine/core/plugin'
import { localOperator } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'
import { watched } from '@engine/testing'

import { callHandler } from './http-fixtures.ts'
import { board, errorOf, scriptedAdapter } from './support/engine.ts'

interface Config {
  readonly apiKey: string
  readonly limit: number
}
type Look = (options: AdapterTestOptions<Config>) => Promise<AdapterTestReport>

const value = 'sk-canary-4711-0815'
const configSchema = z.strictObject({
  apiKey: z.string().refine((key) => !key.startsWith('no such')),
  limit: z.number().max(10).default(3),
})

function tryingAdapter(test: Look): AgentAdapter<Config> {
  const start = async () => ({ run: async () => ({ kind: 'done' as const }) })
  const overshoot = '0: it spends nothing.'
  return { spec: 'engine.adapter.v1', type: 'trying', title: 'Tries', metering: 'final', overshoot, configSchema, start, test }
}

/** A company with an agent that `look` tries; its configuration names a secret, and another one is bound to it. */
async function open(look: Look = async () => ({ checks: [] }), settings: Partial<EngineSettings> = {}) {
  const engine = await createEngine({
    storage: watched(sqlite(':memory:')),
    adapters: [tryingAdapter(look), scriptedAdapter()],
    secrets: localSecrets({ key: randomBytes(32) }),
    checksOutputs: true,
    settings: { pollMs: 3_600_000, ...settings },
  })
  onTestFinished(() => engine.stop())
  const tested: EngineEvent<'agent.tested'>[] = []
  engine.on('agent.tested', (event) => void tested.push(event))
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const key = await engine.secrets.create({ companyId, name: 'KEY', value })
  const hire = (adapterType: string, adapterConfig: JsonObject = {}) =>
    engine.agents.create({ companyId, name: `Ada ${randomBytes(3).toString('hex')}`, role: 'writer', adapterType, adapterConfig })
  const { id: agentId } = await hire('trying', { apiKey: { secret: 'KEY' } })
  const bound = await engine.secrets.create({ companyId, name: 'BOUND', value: 'bound-canary-1234' })
  await engine.secrets.bind({ secretId: bound.id, target: { agentId }, as: 'TOKEN' })
  return { engine, companyId, agentId, hire, tested, keyId: key.id }
}

describe('the test of an agent', () => {
  it('opens the secrets, asks the adapter, and tells what it found without a secret', async () => {
    const seen: Omit<AdapterTestOptions<Config>, 'signal'>[] = []
    const { engine, agentId, tested } = await open(async ({ config, env }) => {
      seen.push({ config, env })
      return {
        checks: [
          { name: 'server', status: 'passed', message: `It took ${config.apiKey} and ${env['TOKEN']}.` },
          { name: 'speed', status: 'warned', message: 'Slow.\0' },
        ],
      }
    })
    const result = await engine.as(board).agents.test({ agentId })
    expect(seen).toEqual([{ config: { apiKey: value, limit: 3 }, env: { TOKEN: 'bound-canary-1234' } }])
    expect(result).toMatchObject({ agentId, adapterType: 'trying', revision: 1, ok: true })
    expect(result.checks.map(({ name, status }) => [name, status])).toEqual([
      ['configuration', 'passed'],
      ['server', 'passed'],
      ['speed', 'warned'],
    ])
    expect(JSON.stringify([result, tested])).not.toMatch(/canary/)
    expect(result.checks[1]?.message).toMatch(/^It took .+ and .+\.$/)
    expect(tested.map(({ data }) => data)).toEqual([
      { revision: 1, adapterType: 'trying', ok: true, failed: [], secrets: ['KEY', 'BOUND'] },
    ])
  })

  it('says what failed, whoever found it', async () => {
    const { engine, companyId, agentId, hire, tested, keyId } = await open(async () => ({
      checks: [{ name: 'server', status: 'failed', message: 'Nobody is there.' }],
    }))
    expect(await engine.agents.test({ agentId })).toMatchObject({ ok: false, checks: [{}, { name: 'server', status: 'failed' }] })
    await engine.secrets.rotate({ secretId: keyId, value: 'no such prefix' })
    const refused = await engine.agents.test({ agentId })
    expect(refused).toMatchObject({ ok: false, checks: [{ name: 'configuration', status: 'failed' }] })
    expect(JSON.stringify(refused)).not.toContain('no such prefix')
    await engine.secrets.update({ secretId: keyId, status: 'disabled' })
    expect(await engine.agents.test({ agentId })).toMatchObject({
      ok: false,
      checks: [{ name: 'secrets', message: expect.stringContaining('KEY is disabled') }],
    })
    expect(tested.map(({ data }) => data.failed)).toEqual([['server'], ['configuration'], ['secrets']])
    expect(await engine.agents.test({ agentId: (await hire('scripted')).id })).toMatchObject({
      ok: true,
      checks: [{ name: 'configuration' }],
    })
    expect((await engine.events.list({ companyId })).items.filter(({ type }) => type === 'agent.tested')).toHaveLength(4)
  })

  it('ends when an adapter throws its secret about, or never answers', async () => {
    const throwing = await open(async ({ config }) => Promise.reject(new Error(`no server takes ${config.apiKey}`)))
    const thrown = await throwing.engine.agents.test({ agentId: throwing.agentId })
    expect(thrown).toMatchObject({
      ok: false,
      checks: [{}, { name: 'test', status: 'failed', message: expect.stringContaining('no server takes') }],
    })
    expect(JSON.stringify(thrown)).not.toContain(value)
    let wasTold = false
    const silent = await open(
      ({ signal }) => {
        signal.addEventListener('abort', () => (wasTold = true))
        return new Promise(() => undefined)
      },
      { adapterTestMs: 20 },
    )
    expect(await silent.engine.agents.test({ agentId: silent.agentId })).toMatchObject({ ok: false, checks: [{}, { name: 'time' }] })
    expect(wasTold).toBe(true)
  })

  it('starts nothing for somebody who is not hired, is no program, or whose company is archived', async () => {
    let looks = 0
    const { engine, companyId, agentId, hire } = await open(async () => {
      looks += 1
      return { checks: [] }
    })
    await engine.companies.update({ companyId, requiresHireApproval: true })
    const pending = await hire('trying', { apiKey: { secret: 'KEY' } })
    const person = await engine.agents.create({ companyId, name: 'Kim', role: 'human', executionMode: 'human', bypassApproval: true })
    for (const { id } of [pending, person])
      expect(await errorOf(engine.agents.test({ agentId: id }))).toMatchObject({ code: 'rule_violated' })
    await engine.agents.terminate({ agentId })
    expect(await errorOf(engine.agents.test({ agentId }))).toMatchObject({ code: 'rule_violated' })
    const other = await engine.agents.create({
      companyId,
      name: 'Bob',
      role: 'writer',
      adapterType: 'trying',
      adapterConfig: { apiKey: { secret: 'KEY' } },
      bypassApproval: true,
    })
    await engine.companies.archive({ companyId })
    expect(await errorOf(engine.agents.test({ agentId: other.id }))).toMatchObject({ message: expect.stringContaining('archived') })
    expect(looks).toBe(0)
  })

  it('is for those who may configure agents', async () => {
    const { engine, companyId, agentId } = await open()
    const by = (role: 'operator' | 'admin') => engine.as({ kind: 'user', id: role, roles: { [companyId]: role } })
    expect(await errorOf(by('operator').agents.test({ agentId }))).toMatchObject({ code: 'forbidden' })
    expect(await by('admin').agents.test({ agentId })).toMatchObject({ ok: true })
  })
})

describe('the adapters of an engine', () => {
  it('are listed with what a configuration needs, also by HTTP', async () => {
    const engine = await createEngine({
      storage: sqlite(':memory:'),
      adapters: [processAdapter({ programs: ['date'] }), httpAdapter(), anthropicAdapter(), claudeCodeAdapter()],
      checksOutputs: true,
    })
    onTestFinished(() => engine.stop())
    const answer = await callHandler({ engine, localActor: localOperator })('GET', '/api/adapters')
    expect(answer.status).toBe(200)
    const { items } = await engine.adapters.list()
    expect(answer.body).toEqual({ items, nextCursor: null })
    expect(items.map(({ type, isTestable }) => [type, isTestable])).toEqual([
      ['human', false],
      ['external', false],
      ['process', true],
      ['http', true],
      ['anthropic', true],
      ['claude-code', true],
    ])
    const shape = Object.fromEntries(items.map(({ type, configSchema: schema }) => [type, schema]))
    expect(shape['process']).toMatchObject({ type: 'object', required: ['command'], additionalProperties: false })
    expect(shape['anthropic']).toMatchObject({ properties: { maxTurns: { type: 'integer', default: 25 } } })
    expect(shape['claude-code']).toMatchObject({ properties: { permissionMode: { enum: expect.arrayContaining(['plan']) } } })
  })
})
