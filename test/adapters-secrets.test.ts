import { randomBytes } from 'node:crypto'

import { expect, it, onTestFinished } from 'vitest'

import { a2aAdapter } from '@engine/adapters/a2a'
import { acpAdapter } from '@engine/adapters/acp'
import { anthropicAdapter } from '@engine/adapters/anthropic'
import { claudeCodeAdapter } from '@engine/adapters/claude-code'
import { geminiAdapter } from '@engine/adapters/gemini'
import { httpAdapter } from '@engine/adapters/http'
import { openAiAdapter } from '@engine/adapters/openai'
import { openClawAdapter } from '@engine/adapters/openclaw'
import { createEngine, localSecrets, systemActor, type JsonObject } from '@engine/core'

import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const url = 'https://agents.example/run'
const callback = (value: JsonObject[string]) => ({
  url,
  callback: { baseUrl: 'https://engine.example', secrets: [{ secret: 'KEY' }, value] },
})

/** A configuration with something in it that is a secret, and where. */
const configurations: readonly (readonly [type: string, place: string, withSecret: (value: JsonObject[string]) => JsonObject])[] = [
  ['anthropic', 'apiKey', (apiKey) => ({ model: 'm', apiKey })],
  ['openai', 'apiKey', (apiKey) => ({ model: 'm', apiKey })],
  ['gemini', 'apiKey', (apiKey) => ({ model: 'm', apiKey })],
  ['claude-code', 'apiKey', (apiKey) => ({ cwd: '/tmp', apiKey })],
  ['acp', 'apiKey', (apiKey) => ({ command: 'gemini', cwd: '/tmp', apiKey, keyVariable: 'GEMINI_API_KEY' })],
  ['openclaw', 'token', (token) => ({ url: 'wss://gateway.example', agentId: 'main', token })],
  ['openclaw', 'password', (password) => ({ url: 'wss://gateway.example', agentId: 'main', password })],
  ['openclaw', 'deviceKey', (deviceKey) => ({ url: 'wss://gateway.example', agentId: 'main', deviceKey })],
  ['a2a', 'headers.Authorization', (value) => ({ url, headers: { Authorization: value } })],
  ['http', 'headers.X-API-Key', (value) => ({ url, headers: { 'x-other': 'a', 'X-API-Key': value } })],
  ['http', 'callback.secrets.1', callback],
]

const canary = 'canary-4711'

async function open() {
  const adapters = [
    a2aAdapter(),
    acpAdapter({ programs: ['gemini'] }),
    anthropicAdapter(),
    claudeCodeAdapter(),
    geminiAdapter(),
    httpAdapter(),
    openAiAdapter(),
    openClawAdapter(),
  ]
  const engine = await createEngine({ storage: await newStorage(), adapters, secrets: localSecrets({ key: randomBytes(32) }) })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  await engine.secrets.create({ companyId, name: 'KEY', value: canary })
  return { engine, companyId }
}

const refusedAt = (path: string) => ({
  code: 'rule_violated',
  details: { path },
  message: expect.stringMatching(/secrets\.create, and write \{"secret": "NAME"\} here/),
})

it.each(configurations)(
  'an agent of %s is not given a secret as its %s, and keeps a reference to one',
  async (adapterType, place, withSecret) => {
    const { engine, companyId } = await open()
    const who = { companyId, name: 'Far', role: 'writer', adapterType }
    const create = (more: object) => engine.execute('agents.create', { input: { ...who, ...more }, actor: systemActor })
    const plain = { adapterType, adapterConfig: withSecret(canary) }
    const refused = await errorOf(create(plain))
    expect(refused).toMatchObject(refusedAt(`adapterConfig.${place}`))
    expect(refused.message).not.toContain(canary)
    await create({ adapterConfig: withSecret({ secret: 'KEY' }) })
    const [agent] = (await engine.agents.list({ companyId })).items.filter(({ name }) => name === 'Far')
    expect(JSON.stringify(agent?.adapterConfig)).toContain('{"secret":"KEY"}')
    const update = (input: object) =>
      errorOf(engine.execute('agents.update', { input: { agentId: agent?.id, ...input }, actor: systemActor }))
    expect(await update({ adapterConfig: plain.adapterConfig })).toMatchObject(refusedAt(`adapterConfig.${place}`))
    expect(await update({ profiles: { cheap: plain } })).toMatchObject(refusedAt(`profiles.cheap.adapterConfig.${place}`))
    expect(await update({ fallbacks: [plain] })).toMatchObject(refusedAt(`fallbacks.0.adapterConfig.${place}`))
  },
)

it('a hire that waits for its approval has no secret in it either', async () => {
  const { engine, companyId } = await open()
  const payload = { name: 'Far', role: 'writer', adapterType: 'anthropic', adapterConfig: { model: 'm', apiKey: canary } }
  const request = engine.approvals.request({ companyId, type: 'hire_agent', payload })
  expect(await errorOf(request)).toMatchObject(refusedAt('adapterConfig.apiKey'))
})

it('whoever lists adapters is told which members are secrets', async () => {
  const { engine } = await open()
  const { items } = await engine.adapters.list({})
  expect(items.find(({ type }) => type === 'openclaw')).toMatchObject({
    secretFields: ['token', 'password', 'deviceKey'],
    alwaysSecret: ['token', 'password', 'deviceKey'],
  })
  expect(items.find(({ type }) => type === 'http')).toMatchObject({
    secretFields: null,
    alwaysSecret: expect.arrayContaining(['callback.secrets']),
  })
  expect(items.find(({ type }) => type === 'human')).toMatchObject({ secretFields: null, alwaysSecret: [] })
})
