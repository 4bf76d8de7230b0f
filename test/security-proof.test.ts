import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

import { problemsOfTest } from './requirements/gate.ts'
import { testsOf } from './requirements/read-tests.ts'
import { securityPromises } from './security/index.ts'

const read = (file: string) => readFileSync(resolve(import.meta.dirname, '..', file), 'utf8')

describe('the security list', () => {
  it('is complete, in its order', () => {
    expect(securityPromises.map(({ id }) => id)).toEqual(Array.from({ length: 26 }, (_, index) => `S${index + 1}`))
  })

  it.each(securityPromises)('$id names tests that are there and run', ({ shownBy, promise }) => {
    expect(promise).not.toBe('')
    expect(shownBy.length).toBeGreaterThan(0)
    expect(shownBy.flatMap((named) => problemsOfTest(named, { testsOf }))).toEqual([])
  })

  it('would see a test that is not there', () => {
    const named = { file: 'test/security-proof.test.ts', test: 'is not there at all, '.repeat(2) }
    expect(problemsOfTest(named, { testsOf })).toHaveLength(1)
  })

  it('says in SECURITY.md how to report a weakness, and leads to this page', () => {
    expect(read('SECURITY.md')).toMatch(/in private by the security advisories[\s\S]*docs\/security-proof\.md/)
    expect(read('docs/security-proof.md')).toContain('## S26 ')
  })
})
