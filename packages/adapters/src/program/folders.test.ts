import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { claudeCodeAdapter } from '../claude-code/index.ts'
import { ProcessConfig } from '../process/config.ts'
import { processAdapter } from '../process/index.ts'
import { checkedFolders, folderRefusal } from './folders.ts'
import { runAdapter } from './fixtures.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'engine-folders-')))
const [allowed, other] = [join(root, 'allowed'), join(root, 'allowed-not')]
mkdirSync(join(allowed, 'deep'), { recursive: true })
mkdirSync(other)
symlinkSync(other, join(allowed, 'out'))
symlinkSync(allowed, join(root, 'in'))
afterAll(() => rmSync(root, { recursive: true }))

describe('a folder', () => {
  test('is allowed with all below it, wherever its links lead', () => {
    const folders = checkedFolders([join(root, 'in')])
    for (const folder of [
      allowed,
      join(allowed, 'deep'),
      join(root, 'in', 'deep'),
      join(allowed, 'not', 'there', 'yet'),
      join(allowed, '..x'),
    ])
      expect(folderRefusal(folders, folder), folder).toBeNull()
    for (const folder of [root, other, join(allowed, 'out'), join(allowed, 'out', 'new'), join(allowed, '..', 'allowed-not'), '/'])
      expect(folderRefusal(folders, folder), folder).toContain(`It allows: ${allowed}.`)
  })

  test.each(['work', './work', '/nowhere/at/all'])('can not be allowed as "%s"', (folder) => {
    expect(() => checkedFolders([folder])).toThrow('absolute path of a folder that is there')
  })
})

describe('an adapter', () => {
  const only = processAdapter({ programs: 'any', folders: [allowed] })

  test('refuses a configuration with a folder that the host does not allow, also where it names none', () => {
    expect(only.configSchema.safeParse({ command: 'true', cwd: allowed }).success).toBe(true)
    for (const cwd of [other, join(allowed, 'out'), undefined])
      expect(only.configSchema.safeParse({ command: 'true', cwd }).error?.issues).toMatchObject([{ path: ['cwd'] }])
    const cli = claudeCodeAdapter({ folders: [allowed] })
    const issues = (config: object) => (cli.configSchema.safeParse(config).error?.issues ?? []).map(({ path }) => path.join('.'))
    expect(issues({ cwd: allowed, home: join(allowed, 'home') })).toEqual([])
    expect(issues({ cwd: other, home: other })).toEqual(['cwd', 'home'])
    expect(issues({ workspace: { repository: join(allowed, 'deep') } })).toEqual([])
    // The worktrees would stand beside the repository, and so outside.
    expect(issues({ workspace: { repository: allowed } })).toEqual(['workspace.folder'])
    expect(issues({ workspace: { repository: other, folder: join(allowed, 'trees') } })).toEqual(['workspace.repository'])
  })

  test('starts nothing in a folder that leads elsewhere by the time of the run, and says so in its test', async () => {
    const cwd = join(allowed, 'moves')
    mkdirSync(cwd)
    const config = only.configSchema.parse({ command: 'true', cwd })
    rmSync(cwd, { recursive: true })
    symlinkSync(other, cwd)
    const moved = { ...only, configSchema: ProcessConfig }
    const { outcome } = await runAdapter(moved, { command: 'true', cwd })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('does not let agents work in') })
    const report = await only.test?.({ config, env: {}, signal: new AbortController().signal })
    expect(report?.checks).toContainEqual(expect.objectContaining({ name: 'folder', status: 'failed' }))
  })
})
