// What stands in the documentation as commands of a shell is run, block by block, beside one server. A block that can not be run here says why
// in the line above it: `<!-- not run: why -->`.
import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, it, onTestFinished } from 'vitest'

import { processAdapter } from '@engine/adapters/process'
import { localBlobs } from '@engine/blobs/local'
import { createEngine, localSecrets, type Engine } from '@engine/core'
import { allDestinations } from '@engine/deliveries'
import { serve } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'

import { inviteWithPassword, quickPasswords, setUp } from './support/accounts.ts'
import { temporaryFolder } from './support/files.ts'
import { engineProgram } from './support/shell-company.ts'

interface Block {
  readonly place: string
  readonly text: string
  readonly reason: string | null
}

/** Pages whose blocks are run as one story by a test of their own. */
const runElsewhere = new Set(['docs/http.md', 'docs/external-agents.md'])

function blocksOf(page: string): Block[] {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8')
  return [...text.matchAll(/(?:^<!-- not run: (.+) -->\n\n?)?^```sh\n([^]*?)^```$/gm)].map(
    ({ 0: whole, 1: reason, 2: block = '', index }) => ({
      place: `${page}:${text.slice(0, index + whole.indexOf('```')).split('\n').length}`,
      text: block,
      reason: reason ?? null,
    }),
  )
}

const pages = ['README.md', ...readdirSync(new URL('../docs', import.meta.url)).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
)
const blocks = pages.filter((page) => !runElsewhere.has(page)).flatMap(blocksOf)
const isMissing = ['bash', 'curl', 'jq', 'openssl'].find((program) => spawnSync(program, ['--version']).error !== undefined)

/** A company with what the pages name, in the database of a folder as `engine serve` would have it there. */
async function furnish(folder: string) {
  mkdirSync(join(folder, 'data'))
  const secrets = localSecrets({ key: randomBytes(32) })
  const adapters = [processAdapter({ programs: 'any' })]
  const blobs = localBlobs(join(folder, 'data', 'blobs'))
  const storage = sqlite(join(folder, 'data', 'engine.db'))
  const engine = await createEngine({
    storage,
    secrets,
    adapters,
    blobs,
    destinations: allDestinations({ allow: [], folder }),
    settings: { ...quickPasswords, pollMs: 50 },
  })
  onTestFinished(() => engine.stop())
  return { engine, names: await name(engine) }
}

async function name(engine: Engine): Promise<Record<string, string>> {
  const { id: companyId } = await engine.companies.create({ name: 'Acme', taskPrefix: 'ACM' })
  const run = { adapterType: 'process', adapterConfig: { command: '/bin/true', cwd: '/' }, executionMode: 'manual' } as const
  const agent = await engine.agents.create({ companyId, name: 'Ada', role: 'writer', ...run })
  const [first] = await Promise.all(
    Array.from({ length: 42 }, (_, index) => engine.tasks.create({ companyId, title: `Task ${index + 1}` })),
  )
  await engine.tasks.assign({ taskId: first?.id ?? '', agentId: agent.id })
  const { run: live, credential } = await engine.tasks.checkout({ taskId: first?.id ?? '', agentId: agent.id })
  const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
  const config = { provider: 'smtp', host: 'mail.invalid', from: 'engine@example.com', to: ['ada@example.com'] }
  const route = await engine.routes.create({ companyId, name: 'Mail', events: ['task.*'], destinationType: 'email', config })
  await setUp(engine)
  const { member } = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
  const owner = await engine.members.add({ companyId, name: 'Ann', role: 'owner' })
  const { key } = await engine
    .as({ kind: 'user', id: owner.userId, roles: { [companyId]: 'owner' } })
    .keys.createOwn({ companyId, name: 'Docs' })
  return {
    COMPANY: companyId,
    COMPANY_ID: companyId,
    ENGINE_COMPANY_ID: companyId,
    AGENT: agent.id,
    RUN: live.id,
    CREDENTIAL: credential ?? '',
    BUDGET: budget.id,
    ID: (await engine.attachments.upload({ taskId: first?.id ?? '', name: 'notes.txt', content: 'bm90ZXM=' })).id,
    ROUTE_ID: route.id,
    USER_ID: member.userId,
    ENGINE_KEY: key,
  }
}

it.skipIf(isMissing)('each block of commands runs, or says why it does not', { timeout: 240_000 }, async () => {
  expect(blocks.length).toBeGreaterThan(25)
  const folder = temporaryFolder()
  const { engine, names } = await furnish(folder)
  const server = await serve({ engine, port: 0 })
  onTestFinished(() => server.close())
  const bin = temporaryFolder()
  const engineCommand = join(bin, 'engine')
  writeFileSync(engineCommand, `#!/bin/sh\nexec "${process.execPath}" --conditions=engine-source "${fileURLToPath(engineProgram)}" "$@"\n`)
  chmodSync(engineCommand, 0o755)
  await (await createEngine({ storage: sqlite(join(folder, 'my.db')) })).stop()
  for (const file of ['notes.md', 'chart.png']) writeFileSync(join(folder, file), file)
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    PATH: `${bin}:${process.env['PATH']}`,
    ENGINE_URL: server.url,
    ENGINE_API_KEY: '',
    ...names,
  }
  const failed: string[] = []
  for (const { place, text } of blocks.filter(({ reason }) => reason === null)) {
    // What a page calls by the address of a server with its defaults is the one of this test.
    const typed = text.replaceAll(/(http:\/\/)?(localhost|127\.0\.0\.1):4400/g, server.url)
    const script = `set -euo pipefail\ncurl() { command curl -sS --fail-with-body "$@"; }\n${typed}`
    await promisify(execFile)('bash', ['-c', script], { cwd: folder, env, timeout: 60_000 }).catch((error: unknown) => {
      const { stdout, stderr } = Object(error)
      failed.push(`${place}\n${stdout}${stderr}`)
    })
  }
  expect(failed).toEqual([])
})
