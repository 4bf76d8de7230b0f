import { describe, expect, it } from 'vitest'

import { flatten, pageFor, withPage, type Pages } from './pages.ts'

const page = (ids: string, nextCursor: string | null = 'more') => ({ items: ids.split('').map((id) => ({ id })), nextCursor })
const list = (...pages: ReturnType<typeof page>[]): Pages<{ id: string }> => ({ pages, pageParams: pages.map((_, at) => (at ? `c${at}` : null)) })
const ids = (given: Pages<{ id: string }>) => flatten(given.pages).map(({ id }) => id).join('')

describe('a list in pages', () => {
  it('knows in which page a thing is or would be', () => {
    const given = list(page('bd'), page('fh'))
    expect([pageFor(given, 'a', 'oldest'), pageFor(given, 'd', 'oldest'), pageFor(given, 'e', 'oldest'), pageFor(given, 'z', 'oldest')]).toEqual([0, 0, 1, 1])
    const newest = list(page('hf'), page('db'))
    expect([pageFor(newest, 'z', 'newest'), pageFor(newest, 'e', 'newest')]).toEqual([0, 1])
  })

  it('loses what left a page that was read again, and doubles nothing that moved up into it', () => {
    expect(ids(withPage(list(page('ab'), page('cd')), { index: 0, fresh: page('ac'), order: 'oldest' }))).toBe('acd')
  })

  it('keeps what was pushed over the end of a page by something new', () => {
    expect(ids(withPage(list(page('bd'), page('ef')), { index: 0, fresh: page('bc'), order: 'oldest' }))).toBe('bcdef')
  })

  it('grows at its end, and knows when there is no more', () => {
    const grown = withPage(list(page('ab'), page('c', null)), { index: 1, fresh: page('cd', null), order: 'oldest' })
    expect(ids(grown)).toBe('abcd')
    expect(grown.pages.at(-1)?.nextCursor).toBeNull()
  })

  it('is empty before anything was read', () => expect(flatten(undefined)).toEqual([]))
})
