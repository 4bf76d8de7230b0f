import { renameSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { claudeCodeAdapter } from '../claude-code/index.ts'
import { processAdapter } from '../process/index.ts'
import { checkedPrograms, refusalOf } from './allowed.ts'
import { fakeCli } from '../cli/fixtures.ts'
import { runAdapter } from './fixtures.ts'

const launch = (command: string, args: string[] = [], environment: Record<string, string> = {}) => ({ command, args, environment })

describe('a program', () => {
  test('is allowed by its name, by its path, or with the first of its arguments', () => {
    const programs = ['claude', '/srv/report', { command: 'node', args: ['/srv/agent.mjs'] }]
    for (const allowed of [
      launch('claude', ['-p']),
      launch('/srv/report'),
      launch('node', ['/srv/agent.mjs']),
      launch('node', ['/srv/agent.mjs', '--fast']),
    ])
      expect(refusalOf(programs, allowed)).toBeNull()
    for (const refused of [
      launch('bash'),
      launch('/tmp/claude'),
      launch('./claude'),
      launch('claude '),
      launch('/srv/../tmp/report'),
      launch('node'),
      launch('node', ['-e', '1', '/srv/agent.mjs']),
      launch('node', ['--import=/tmp/x.mjs', '/srv/agent.mjs']),
    ])
      expect(refusalOf(programs, refused)).toContain('claude, /srv/report, node /srv/agent.mjs')
  })

  test('is never one that is found elsewhere, or into which other code is loaded', () => {
    for (const name of ['PATH', 'LD_PRELOAD', 'DYLD_INSERT_LIBRARIES', 'NODE_OPTIONS', 'node_options', 'PYTHONPATH', 'BASH_ENV'])
      expect(refusalOf(['claude'], launch('claude', [], { [name]: '/tmp/x' }))).toContain(name)
    expect(refusalOf(['claude'], launch('claude', [], { PATH: process.env['PATH'] ?? '', TOKEN: 'x' }))).toBeNull()
  })

  test('is whatever an agent names where the host allows any', () => {
    expect(refusalOf('any', launch('bash', [], { PATH: '/tmp' }))).toBeNull()
  })

  test.each(['', './claude', 'bin/claude'])('can not be allowed as "%s", which is another one in another folder', (program) => {
    expect(() => checkedPrograms([program])).toThrow('absolute path')
  })
})

describe('an adapter', () => {
  const only = processAdapter({ programs: ['date'] })

  test('refuses a configuration with a program that the host does not allow', () => {
    expect(only.configSchema.safeParse({ command: 'date' }).success).toBe(true)
    const refused = only.configSchema.safeParse({ command: 'bash', args: ['-c', 'id'] })
    expect(refused.error?.issues).toMatchObject([{ path: ['command'], message: expect.stringContaining('It allows: date.') }])
    expect(only.configSchema.safeParse({ command: 'date', env: { LD_PRELOAD: '/tmp/x.so' } }).success).toBe(false)
    expect(processAdapter({ programs: [] }).configSchema.safeParse({ command: 'date' }).success).toBe(false)
  })

  test('starts nothing when the variables of the run would make another program of it', async () => {
    const other = fakeCli([[]])
    try {
      renameSync(other.command, join(other.folder, 'date'))
      const env = { PATH: `${other.folder}:${process.env['PATH']}` }
      const { outcome } = await runAdapter(only, { command: 'date' }, { env })
      expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('only the host sets it') })
    } finally {
      other.remove()
    }
  })

  test('of a coding program allows that one, and another path only when the host says so', async () => {
    const cli = fakeCli([[]])
    const config = { cwd: cli.folder, command: cli.command }
    try {
      expect(claudeCodeAdapter().configSchema.safeParse({ cwd: '/srv' }).success).toBe(true)
      expect(claudeCodeAdapter().configSchema.safeParse(config).success).toBe(false)
      expect(claudeCodeAdapter({ programs: [cli.command] }).configSchema.safeParse(config).success).toBe(true)
      expect(claudeCodeAdapter({ programs: [] }).configSchema.safeParse({ cwd: '/srv' }).success).toBe(false)
    } finally {
      cli.remove()
    }
  })
})
