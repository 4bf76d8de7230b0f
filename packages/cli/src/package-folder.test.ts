import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { temporaryFolder } from '../../../test/support/files.ts'
import { readPackageFolder, staysInside, writePackageFolder } from './package-folder.ts'

const company = { path: 'COMPANY.md', content: '---\nname: Acme\n---\n' }
const agent = { path: 'agents/ada/AGENTS.md', content: 'Møbel 🪑\n' }

describe('a path of a package', () => {
  it.each(['COMPANY.md', 'engine.yaml', 'agents/ada/AGENTS.md', 'projects/shop/tasks/build-it/TASK.md'])('may be %s', (path) =>
    expect(staysInside(path)).toBe(true),
  )

  it.each([
    '../COMPANY.md',
    'agents/../../x.md',
    '/etc/passwd',
    '',
    'agents//x.md',
    './x.md',
    'C:/x.md',
    'a\\..\\x.md',
    'a/.git/x.md',
    'x\0.md',
    'x.md.',
  ])('may not be %j, which leads elsewhere on some system', (path) => expect(staysInside(path)).toBe(false))
})

describe('a package in a folder', () => {
  it('is read as it was written', async () => {
    const folder = join(temporaryFolder(), 'acme')
    await writePackageFolder(folder, [company, agent])
    expect(await readPackageFolder(folder)).toEqual([company, agent])
  })

  it('is not written when one of its paths leads out of the folder, and none of its files is', async () => {
    const folder = temporaryFolder()
    await expect(writePackageFolder(folder, [company, { path: '../x.md', content: '' }])).rejects.toThrow('"../x.md"')
    expect(readdirSync(folder)).toEqual([])
  })

  it('is not written over what is there', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'COMPANY.md'), 'mine')
    await expect(writePackageFolder(folder, [company])).rejects.toThrow('is not empty')
    expect(readFileSync(join(folder, 'COMPANY.md'), 'utf8')).toBe('mine')
  })

  it.each(['file', 'folder'])('is not read through a link to a %s', async (what) => {
    const folder = temporaryFolder()
    const elsewhere = temporaryFolder()
    writeFileSync(join(elsewhere, 'secret.md'), 'secret')
    symlinkSync(what === 'file' ? join(elsewhere, 'secret.md') : elsewhere, join(folder, 'agents.md'))
    await expect(readPackageFolder(folder)).rejects.toThrow('agents.md is a link')
  })

  it('is read without what is no part of a package', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, '.git'))
    writeFileSync(join(folder, '.git', 'README.md'), 'not read')
    writeFileSync(join(folder, 'photo.png'), Buffer.from([0xff, 0xfe]))
    writeFileSync(join(folder, 'COMPANY.md'), company.content)
    expect(await readPackageFolder(folder)).toEqual([company])
  })

  it('is refused when it is larger than a request, or no text', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.md'), Buffer.from([0xff, 0xfe]))
    await expect(readPackageFolder(folder)).rejects.toThrow('a.md is no text in UTF-8')
    writeFileSync(join(folder, 'a.md'), 'x'.repeat(2 * 1024 * 1024 + 1))
    await expect(readPackageFolder(folder)).rejects.toThrow('2 MiB')
  })
})
