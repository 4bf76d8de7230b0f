import { expect, onTestFinished, test } from 'vitest'

import { claudeCodeAdapter } from '../claude-code/index.ts'
import { fakeCli } from './fixtures.ts'

async function check(given: { version?: string; config?: object; env?: Record<string, string> }) {
  const cli = fakeCli([[]], given.version)
  onTestFinished(() => cli.remove())
  const adapter = claudeCodeAdapter({ programs: 'any' })
  const config = adapter.configSchema.parse({ command: cli.command, cwd: cli.folder, ...given.config })
  const report = await adapter.test?.({ config, env: given.env ?? {}, signal: new AbortController().signal })
  return Object.fromEntries((report?.checks ?? []).map(({ name, status, message }) => [name, `${status}: ${message}`]))
}

test('a program that is there, of a known version, with a key, would work', async () => {
  const { folder, program, key } = await check({ version: '2.1.329 (Claude Code)', config: { apiKey: 'secret-key' } })
  expect(folder).toMatch(/^passed/)
  expect(program).toMatch(/^passed.*2\.1\.329$/)
  expect(key).toMatch(/^passed/)
  expect(key).not.toContain('secret-key')
})

test('a version that is told on stderr is one too', async () => {
  expect((await check({ version: 'stderr 2.1.329' })).program).toMatch(/^passed/)
})

test('another version and a missing key are said and may still work', async () => {
  const { program, key } = await check({ version: '9.9.9' })
  expect(program).toMatch(/^warned: .*9\.9\.9; tried with 2\.1\.329$/)
  expect(key).toMatch(/^warned: .*ANTHROPIC_API_KEY/)
})

test('a key among the variables of the agent is found', async () => {
  expect((await check({ env: { ANTHROPIC_API_KEY: 'x' } })).key).toMatch(/^passed/)
})

test('a program or a folder that is not there is a failure', async () => {
  const report = await check({ config: { command: 'no-such-program-here', cwd: '/no/such/folder' } })
  expect(report.program).toMatch(/^failed: .*no-such-program-here/)
  expect(report.folder).toMatch(/^failed: .*\/no\/such\/folder/)
  expect((await check({ version: '' })).program).toMatch(/^failed/)
  expect((await check({ config: { cwd: undefined, workspace: { repository: '/no/such/folder' } } })).folder).toMatch(/^failed: git/)
})
