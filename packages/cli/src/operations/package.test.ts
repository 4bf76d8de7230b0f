import { join } from 'node:path'

import { expect, onTestFinished, test, vi } from 'vitest'

import { temporaryFolder } from '../../../../test/support/files.ts'
import { writePackage } from './package.ts'

test.each([
  [null, []],
  ['It has 2001 files.', ['It can not be imported again as it is. It has 2001 files.']],
])('a package that is written to a folder says why it is not imported again: %j', async (importRefusal, said) => {
  const printed: string[] = []
  const spy = vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
  onTestFinished(() => spy.mockRestore())
  const folder = join(temporaryFolder(), 'acme')
  const leftOut = [{ what: 'Secrets', why: 'They are not written down.' }]
  await writePackage(folder, { files: [{ path: 'COMPANY.md', content: '---\nname: Acme\n---\n' }], leftOut, importRefusal })
  expect(printed).toEqual([`${folder} holds the company: 1 files.`, '  left out: Secrets. They are not written down.', ...said])
})
