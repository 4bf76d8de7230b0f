import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

import { expect, it, onTestFinished } from 'vitest'

import { personAdapter } from '@engine/adapters/person'
import { createEngine } from '@engine/core'
import { serve } from '@engine/http'

import { newStorage } from './support/storages.ts'

/** The blocks of shell of docs/http.md, as somebody would type them one after the other. */
const page = readFileSync(new URL('../docs/http.md', import.meta.url), 'utf8')
const script = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block).join('\n')

const isMissing = ['bash', 'curl', 'jq'].find((program) => spawnSync(program, ['--version']).error !== undefined)

it.skipIf(isMissing)('every command of the tour through HTTP does what the page says', { timeout: 60_000 }, async () => {
  const engine = await createEngine({ storage: await newStorage(), adapters: [personAdapter()] })
  onTestFinished(() => engine.stop())
  const server = await serve({ engine, port: 0 })
  onTestFinished(() => server.close())
  const typed = `shopt -s expand_aliases\n${script.replaceAll('| jq ', '| jq -c ')}`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', typed], { env: { ...process.env, ENGINE_URL: server.url } })
  const [conflict, progress, review, list, ...rest] = stdout.split('\n')
  expect(JSON.parse(conflict ?? '')).toMatchObject({ code: 'checkout_conflict', detail: expect.stringContaining('Ada') })
  expect(JSON.parse(progress ?? '')).toMatchObject({ percent: 50 })
  expect(JSON.parse(review ?? '')).toMatchObject({ status: 'approved' })
  expect(JSON.parse(list ?? '')).toEqual({ nextCursor: null, titles: ['Write the report'] })
  expect(rest.join('\n')).toContain('event: company.created')
  const [changed, late] = rest.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as object)
  expect(changed).toMatchObject({ name: 'Grand Tour' })
  expect(late).toMatchObject({ status: 412, code: 'version_conflict' })
  expect(stderr.replaceAll(/^curl: \(28\) .*$/gm, '').trim()).toBe('')
  expect((await engine.companies.list({})).items.map(({ name }) => name)).toEqual(['Grand Tour'])
})
