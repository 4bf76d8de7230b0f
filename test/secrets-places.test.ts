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
  ['process', { command: 'work', args: ['--key', token] }, 'adapterConfig.args.1', ['env']],
  ['process', { command: token }, 'adapterConfig.command', ['env']],
  ['claude-code', { cwd: '/tmp', args: [token] }, 'adapterConfig.args.0', ['apiKey', 'env']],
  ['claude-code', { cwd: '/tmp', model: token }, 'adapterConfig.model', ['apiKey', 'env']],
])('a secret never becomes an argument of a program: %s refuses %j', async (adapterType, config, path, fields) => {
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
