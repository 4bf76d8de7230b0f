import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { goodPassword, otherPassword } from './support/accounts.ts'
import { createVisitor } from './support/browser-session.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

const bin = new URL('../packages/cli/src/bin.ts', import.meta.url)

async function serve(folder: string, args: string[] = []) {
  const server = startProgram(bin, { args: ['serve', '--port', '0', '--mode', 'authenticated', ...args], cwd: folder })
  const [, url = ''] = await server.printed(/ready on (http:\S+)/, 60_000)
  return { server, url }
}

describe('engine serve --mode authenticated', () => {
  it(
    'is set up by the link of its console, and by no other; a lost password by a link of the command line',
    { timeout: 120_000 },
    async () => {
      const folder = temporaryFolder()
      const first = await serve(folder)
      const [, old = ''] = await first.server.printed(/\/setup#(eng_setup_\S+)/)
      first.server.child.kill('SIGTERM')
      await first.server.exited
      const { server, url } = await serve(folder)
      const [, token = ''] = await server.printed(/\/setup#(eng_setup_\S+)/)
      expect(server.output()).not.toContain('database is empty')
      const ada = { name: 'Ada', email: 'ada@example.com', password: goodPassword }
      const visitor = createVisitor(url)
      expect((await visitor.send('POST', '/api/accounts/set-up', { body: { ...ada, token: old } })).status).toBe(401)
      expect((await visitor.send('POST', '/api/accounts/set-up', { body: { ...ada, token } })).status).toBe(201)
      const args = ['--conditions=engine-source', fileURLToPath(bin), 'password-link', ada.email, '--server', url]
      const printed = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
      const link = /\/password#(eng_password_\S+)/.exec(printed)?.[1]
      const body = { token: link, password: otherPassword }
      const other = createVisitor(url)
      expect((await other.send('POST', '/api/accounts/set-password', { body })).status).toBe(200)
      expect((await visitor.send('GET', '/api/accounts/me')).status).toBe(401)
      expect((await other.send('GET', '/api/accounts/me')).body).toMatchObject({ email: 'ada@example.com', role: 'owner' })
      server.child.kill('SIGTERM')
      expect(await server.exited).toEqual({ code: 0, signal: null })
      for (const secret of [goodPassword, otherPassword]) expect(server.output()).not.toContain(secret)
      const again = await serve(folder)
      expect(again.server.output()).not.toContain('Nobody has an account')
      again.server.child.kill('SIGTERM')
      await again.server.exited
    },
  )

  it('warns of an https address without a proxy that it believes, and of nothing when there is one', { timeout: 120_000 }, async () => {
    const address = ['--public-url', 'https://engine.example']
    const alone = await serve(temporaryFolder(), address)
    await alone.server.printed(/\/setup#/)
    expect(alone.server.output()).toMatch(/Warning: https:\/\/engine\.example .*--trust-proxy/s)
    const behind = await serve(temporaryFolder(), [...address, '--trust-proxy', '10.0.0.5'])
    await behind.server.printed(/\/setup#/)
    expect(behind.server.output()).not.toContain('Warning')
  })

  const refused: { what: string; args: string[]; env?: Record<string, string>; why: RegExp }[] = [
    { what: 'other machines, without being told so', args: ['--host', '0.0.0.0'], why: /--mode authenticated/ },
    { what: 'other machines, without a public address', args: ['--host', '0.0.0.0', '--mode', 'authenticated'], why: /--public-url/ },
    {
      what: 'a data folder that can not be',
      args: ['--data-dir', `${fileURLToPath(bin)}/data`],
      why: /The data folder \S+data cannot be used: ENOTDIR.*--data-dir/,
    },
    { what: 'a mode that is none', args: [], env: { ENGINE_MODE: 'trusted' }, why: /ENGINE_MODE/ },
    { what: 'a key that is short', args: [], env: { ENGINE_SECRET_KEY: 'c2VjcmV0' }, why: /ENGINE_SECRET_KEY/ },
    {
      what: 'a key that many have',
      args: [],
      env: { ENGINE_SECRET_KEY: Buffer.alloc(32, 'changeme').toString('base64') },
      why: /not random/,
    },
  ]

  it.each(refused)('does not start with $what', { timeout: 60_000 }, ({ args, env = {}, why }) => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=engine-source', fileURLToPath(bin), 'serve', '--port', '0', ...args],
      {
        encoding: 'utf8',
        cwd: temporaryFolder(),
        env: { ...process.env, NODE_OPTIONS: '', ...env },
      },
    )
    expect(stderr).toMatch(why)
    expect(status).not.toBe(0)
  })
})
