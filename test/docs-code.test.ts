// What stands in the documentation as code compiles against what is built here.
import { expect, it } from 'vitest'

import { blocksOf, blocksOfDocs, problemsOfBlocks } from './support/docs-code.ts'

/** Beside the real ones, so that it is seen that a block which does not compile is found out, with its page and line. */
const wrong = 'Text.\n\n```ts\nconst { id } = await engine.companies.create({ name: 4 })\nawait engine.companies.gett({ companyId })\n```\n'

it('compiles, each block of TypeScript in the documentation by itself', { timeout: 240_000 }, () => {
  const blocks = blocksOfDocs()
  expect(blocks.length).toBeGreaterThan(60)
  const problems = problemsOfBlocks([...blocks, ...blocksOf(wrong, 'wrong.md')])
  expect(problems.filter((problem) => !problem.startsWith('wrong.md'))).toEqual([])
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['wrong.md:4', 'wrong.md:5'])
})
