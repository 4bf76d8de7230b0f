import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { openAdapters, type Allowed } from './adapters.ts'
import { readConfig } from './config.ts'
import { readNodeConfig } from './worker-config.ts'

/** What the test of an agent's configuration says of a model whose server is on this machine, where nobody listens. */
async function sayOf(allowed: Allowed): Promise<string> {
  const adapter = openAdapters(allowed).find(({ type }) => type === 'gemini') ?? expect.unreachable()
  const config = adapter.configSchema.parse({ model: 'a-model', apiKey: 'a-key', baseUrl: 'http://127.0.0.1:1/v1beta' })
  const report = await adapter.test?.({ config, env: {}, signal: AbortSignal.timeout(10_000) })
  return report?.checks.map(({ message }) => message).join(' ') ?? ''
}

it('any server of models is asked on a server of one person alone; elsewhere those that the operator allows', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'engine-cli-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const serving = async (flags: object) => (await readConfig({ dataDir, demo: false, ...flags }, {})).allowed
  const withAccounts = { mode: 'authenticated', publicUrl: ['https://engine.example'] }
  const node = readNodeConfig({ server: 'https://engine.example', key: 'eng_nodekey_x' }, {})?.allowed ?? expect.unreachable()
  const refused = /not encrypted|not public/
  expect(await sayOf(await serving({}))).toMatch(/Nothing is missing/)
  for (const allowed of [await serving(withAccounts), node]) expect(await sayOf(allowed)).toMatch(refused)
  expect(await sayOf(await serving({ ...withAccounts, allowTarget: ['127.0.0.1:1'] }))).toMatch(/Nothing is missing/)
})
