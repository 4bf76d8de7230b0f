// What stands in the documentation as code compiles against what is built here.
import { describe, expect, it } from 'vitest'

import { blocksOf, blocksOfDocs, problemsOfBlocks } from './support/docs-code.ts'

describe('code in the documentation', () => {
  it('compiles, each block of TypeScript by itself', { timeout: 240_000 }, () => {
    const blocks = blocksOfDocs()
    expect(blocks.length).toBeGreaterThan(60)
    expect(problemsOfBlocks(blocks)).toEqual([])
  })

  it('would be found out with the line when it did not', { timeout: 240_000 }, () => {
    const page =
      'Text.\n\n```ts\nconst { id } = await engine.companies.create({ name: 4 })\nawait engine.companies.gett({ companyId })\n```\n'
    expect(problemsOfBlocks(blocksOf(page, 'docs/x.md')).map((problem) => problem.slice(0, 12))).toEqual(['docs/x.md:4 ', 'docs/x.md:5 '])
  })
})
