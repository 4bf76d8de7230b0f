import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { createEngine, inspectDatabase, localSecrets, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { temporaryFolder } from './support/files.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'
import { startProgram } from './support/processes.ts'

const program = new URL('../packages/cli/src/bin.ts', import.meta.url)
const bin = fileURLToPath(program)

function engine(args: string[], folder: string, more: Record<string, string> = {}) {
  const env = { PATH: process.env['PATH'], PORT: '0', ...more }
  const all = ['--conditions=engine-source', bin, ...args, '--data-dir', folder]
  return spawnSync(process.execPath, all, { encoding: 'utf8', cwd: folder, env, input: '' })
}

/** Three values that only this key opens: two versions of a secret, and the key of a webhook that signs. A bearer is kept as a hash. */
async function sealWith(key: string, storage: Storage): Promise<{ apiKey: string }> {
  await using sealing = await createEngine({ storage, secrets: localSecrets({ key }) })
  const { id: companyId } = await sealing.companies.create({ name: 'Acme' })
  const secret = await sealing.secrets.create({ companyId, name: 'TOKEN', value: 'sk-0001' })
  await sealing.secrets.rotate({ secretId: secret.id, value: 'sk-0002' })
  const routine = await sealing.routines.create({ companyId, name: 'Orders', task: { title: 'Look at it' } })
  for (const scheme of ['standard', 'bearer'] as const)
    await sealing.routines.addTrigger({ routineId: routine.id, kind: 'webhook', scheme })
  const agent = await sealing.agents.create({ companyId, name: 'Ada', role: 'writer', adapterType: 'external' })
  return { apiKey: (await sealing.keys.create({ agentId: agent.id, name: 'Client' })).key }
}

describe('a database without the key of its secrets', () => {
  const newKey = () => randomBytes(32).toString('base64')

  it('gets no other key by a start, which says what to do, and doctor tells a wrong one from the right one', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'secret.key')
    const key = newKey()
    await sealWith(key, sqlite(join(folder, 'engine.db')))
    const { status, stderr } = engine(['serve'], folder)
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/secret\.key\. This database holds 3 values that are sealed with it.*Put the copy/),
    ])
    expect(existsSync(file)).toBe(false)
    expect(engine(['doctor'], folder)).toMatchObject({ status: 1, stdout: expect.stringMatching(/ALARM +sealed values +3 of secrets/) })
    expect(engine(['doctor'], folder, { ENGINE_SECRET_KEY: newKey() })).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/ALARM +sealed values +3 of/),
    })
    writeFileSync(file, key, { mode: 0o600 })
    expect(engine(['doctor'], folder)).toMatchObject({ status: 0, stdout: expect.stringMatching(/good +sealed values +the key opens all/) })
  })

  it('of which nothing is sealed is well without one, says doctor', async () => {
    const folder = temporaryFolder()
    await (await createEngine({ storage: sqlite(join(folder, 'engine.db')) })).stop()
    expect(engine(['doctor', '--port', '0'], folder)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/good +sealed values +none\n/),
    })
  })

  it('serves a client by its own key, which needs no other, and makes none for it', async () => {
    const folder = temporaryFolder()
    const { apiKey } = await sealWith(newKey(), sqlite(join(folder, 'engine.db')))
    const { status, stderr } = engine(['mcp'], folder, { ENGINE_API_KEY: apiKey })
    expect([status, stderr, existsSync(join(folder, 'secret.key'))]).toEqual([0, '', false])
  })

  it.each(['pglite://memory', 'pglite://./folder', 'file::memory:'])('is told from one that is not there yet: %s', async (url) => {
    const folder = temporaryFolder()
    const server = startProgram(program, { args: ['serve', '--port', '0', '--no-demo', '--database-url', url], cwd: folder, env: {} })
    await server.printed(/ready on (http:\S+)/)
    server.child.kill('SIGTERM')
    await server.exited
    expect(existsSync(join(folder, 'data', 'secret.key'))).toBe(true)
  })

  it('counts on Postgres what a key does not open', async () => {
    const url = await createDatabase(inject('postgresUrl'))
    onTestFinished(() => dropDatabase(url))
    const key = newKey()
    await sealWith(key, postgres(url))
    await using database = await inspectDatabase(postgres(url))
    const counts = [localSecrets({ key }), localSecrets({ key: newKey() }), null].map((secrets) => database.sealedAgainst(secrets))
    expect(await Promise.all(counts)).toEqual([0, 3, 3])
  })
})
