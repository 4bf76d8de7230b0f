import { describe, expect, test } from 'vitest'

import { carriedBytes, longestFile, mostFiles, mostLabels, type PackageFile } from './format.ts'
import { importRefusal } from './write.ts'

const head = { schema: 'engine.company/v1', name: 'Acme' } as const
const company = { head, body: '' }
const files = (count: number, content = ''): PackageFile[] =>
  Array.from({ length: count }, (_, number) => ({ path: `tasks/${number}/TASK.md`, content }))
const labels = (count: number) => ({
  head: { ...head, labels: Array.from({ length: count }, (_, number) => ({ name: `${number}` })) },
  body: '',
})
/** Files that are so many bytes as JSON, none of them too long. */
function weighing(bytes: number): PackageFile[] {
  const most = files(7, 'x'.repeat(longestFile - 1_000))
  const rest = bytes - Buffer.byteLength(JSON.stringify({ files: [...most, { path: 'z', content: '' }] }))
  return [...most, { path: 'z', content: 'x'.repeat(rest) }]
}

describe('a package that is as large as an import takes is imported again, and is not when it is larger:', () => {
  test.each([
    { what: 'files', most: files(mostFiles), more: files(mostFiles + 1), reason: 'It has 2001 files, and an import takes 2000.' },
    {
      what: 'a file',
      most: files(1, 'x'.repeat(longestFile)),
      more: files(1, 'x'.repeat(longestFile + 1)),
      reason: 'tasks/0/TASK.md has 300001 characters',
    },
    {
      what: 'all of it',
      most: weighing(carriedBytes),
      more: weighing(carriedBytes + 1),
      reason: `It has ${carriedBytes + 1} bytes as JSON`,
    },
  ])('$what', ({ most, more, reason }) => {
    expect(importRefusal({ company }, most)).toBeNull()
    expect(importRefusal({ company }, more)).toContain(reason)
  })

  test('labels', () => {
    expect(importRefusal({ company: labels(mostLabels) }, files(1))).toBeNull()
    expect(importRefusal({ company: labels(mostLabels + 1) }, files(1))).toContain('It has 1001 labels, and an import takes 1000.')
  })
})
