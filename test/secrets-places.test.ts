import { expect, it, onTestFinished } from 'vitest'

import { claudeCodeAdapter } from '@engine/adapters/claude-code'
import { processAdapter } from '@engine/adapters/process'
import { createEngine, localSecrets, type JsonObject } from '@engine/core'

import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

async function open() {
  const engine = await createEngine({
    storage: await newStorage(),
    adapters: [processAdapter({ programs: 'any' }), claudeCodeAdapter()],
    secrets: localSecrets({ key: crypto.getRandomValues(new Uint8Array(32)) }),
  })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  await engine.secrets.create({ companyId, name: 'TOKEN', value: 'hunter2-and-more' })
  const hire = (adapterType: string, adapterConfig: JsonObject) =>
    engine.agents.create({ companyId, name: adapterType, role: 'writer', adapterType, adapterConfig })
  return { engine, companyId, hire }
}

const token = { secret: 'TOKEN' }

it.each([
  { adapterType: 'process', config: { command: 'work', args: ['--key', token] }, path: 'adapterConfig.args.1', fields: ['env'] },
  { adapterType: 'process', config: { command: token }, path: 'adapterConfig.command', fields: ['env'] },
  { adapterType: 'claude-code', config: { cwd: '/tmp', args: [token] }, path: 'adapterConfig.args.0', fields: ['apiKey', 'env'] },
  { adapterType: 'claude-code', config: { cwd: '/tmp', model: token }, path: 'adapterConfig.model', fields: ['apiKey', 'env'] },
])('a secret never becomes an argument of a program: it is refused at $path of $adapterType', async (given) => {
  const { adapterType, config, path, fields } = given
  const { hire } = await open()
  expect(await errorOf(hire(adapterType, config))).toMatchObject({ code: 'rule_violated', details: { path, secret: 'TOKEN', fields } })
})

it('a secret stands in the environment of a program, and where its key does', async () => {
  const { hire } = await open()
  expect((await hire('process', { command: 'work', env: { KEY: token } })).adapterConfig).toMatchObject({ env: { KEY: token } })
  expect((await hire('claude-code', { cwd: '/tmp', apiKey: token })).adapterConfig).toMatchObject({ apiKey: token })
})

it('a text that looks like what stands for a reference meanwhile stays the text that it is', async () => {
  const { hire } = await open()
  const env = { KEY: token, TEXT: 'secret:TOKEN#0' }
  expect((await hire('process', { command: 'work', env })).adapterConfig).toMatchObject({ env })
})
