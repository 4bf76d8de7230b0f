import { describe, expect, it } from 'vitest'

import { readPackage, writePackageFile } from './package-file.ts'

const files = [{ path: 'COMPANY.md', content: '# Acme' }]

describe('a package of a company', () => {
  it('is read as it was written', () => {
    expect(readPackage([{ path: 'acm.json', text: writePackageFile(files) }])).toEqual(files)
  })

  it('may be a folder, whose own name counts for nothing', () => {
    const chosen = [
      { path: 'acme/COMPANY.md', text: '# Acme' },
      { path: 'acme/agents/ada/AGENTS.md', text: '# Ada' },
    ]
    expect(readPackage(chosen).map(({ path }) => path)).toEqual(['COMPANY.md', 'agents/ada/AGENTS.md'])
  })

  it.each(['no JSON', '[]', '{"files":[1]}', '{"files":{}}'])('is not %s', (text) => {
    expect(() => readPackage([{ path: 'a.json', text }])).toThrow('no package')
  })

  it('is not nothing', () => expect(() => readPackage([])).toThrow('Choose'))
})
