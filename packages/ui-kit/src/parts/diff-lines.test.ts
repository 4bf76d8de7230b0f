import { expect, it } from 'vitest'

import { diffLines } from './diff-lines.ts'

it('tells what was added, removed and kept, and leaves out the names of files', () => {
  const patch = '--- 1\n+++ 2\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n\\ No newline at end of file\n'
  expect(diffLines(patch).map(({ kind }) => kind)).toEqual(['place', 'same', 'removed', 'added'])
  expect(diffLines('')).toEqual([])
})
