import { describe, expect, it } from 'vitest'

import type { Clock } from '../ports/clock.ts'
import { createBacklog } from './backlog.ts'
import type { EmbeddableEntry } from './embeddable.ts'

const start = Date.UTC(2026, 0, 1)
const entry = (id: string, more: Partial<EmbeddableEntry> = {}): EmbeddableEntry => ({
  id,
  companyId: 'c',
  version: 1,
  updatedAt: '2026-01-01T00:00:00.000Z',
  isEmbedded: false,
  title: id,
  tags: '[]',
  body: '',
  ...more,
})

function open() {
  let passed = 0
  const clock: Clock = { now: () => start + passed, monotonicMs: () => passed, sleep: async () => undefined }
  const pass = (ms: number) => void (passed += ms)
  return { backlog: createBacklog({ clock, baseMs: 1_000 }), pass }
}

const ids = (entries: readonly EmbeddableEntry[]) => entries.map(({ id }) => id)

describe('what is to be embedded', () => {
  it('goes out in batches, and what is done or under way not again', () => {
    const { backlog } = open()
    const page = [...Array.from({ length: 40 }, (_, index) => entry(`e${index}`)), entry('had', { isEmbedded: true })]
    const first = backlog.next(page)
    expect(first).toHaveLength(32)
    backlog.begun(first)
    const second = backlog.next(page)
    expect(ids(second)).toEqual(page.slice(32, 40).map(({ id }) => id))
    backlog.begun(second)
    expect(backlog.next(page)).toEqual([])
  })

  it('is tried one by one after a batch failed, and the one that fails again waits while the others go on', () => {
    const { backlog, pass } = open()
    const page = [entry('a'), entry('poison'), entry('c')]
    backlog.failed(backlog.next(page))
    expect(ids(backlog.next(page))).toEqual(['a'])
    backlog.done([entry('a')])
    page[0] = entry('a', { isEmbedded: true })
    backlog.failed(backlog.next(page))
    pass(1_000_000)
    expect(ids(backlog.next(page))).toEqual(['c'])
    backlog.done([entry('c')])
    page[2] = entry('c', { isEmbedded: true })
    expect(backlog.next(page)).toEqual([])
    expect(backlog.advance(page, false)).toBe(false)
    expect(ids(backlog.next(page))).toEqual(['poison'])
  })

  it('waits longer after each failure, an hour at most, and never with others', () => {
    const { backlog, pass } = open()
    const page = [entry('poison'), entry('new')]
    const waits: number[] = []
    for (let time = 0; time < 14; time += 1) {
      backlog.failed(backlog.next([entry('poison')]))
      backlog.advance(page, false)
      for (let waited = 1_000; ; waited += 1_000) {
        pass(1_000)
        if (backlog.next([entry('poison')]).length === 1) {
          waits.push(waited)
          break
        }
      }
    }
    expect(waits.slice(0, 3)).toEqual([2_000, 4_000, 8_000])
    expect(waits.at(-1)).toBe(3_600_000)
    expect(ids(backlog.next(page))).toEqual(['poison'])
  })

  it('that could not be kept is set back by itself', () => {
    const { backlog, pass } = open()
    const page = [entry('a'), entry('b'), entry('c')]
    backlog.begun(page)
    backlog.failed(page.slice(0, 2))
    backlog.done(page.slice(2))
    backlog.advance([], false)
    expect(ids(backlog.next(page))).toEqual(['c'])
    pass(2_000)
    expect(ids(backlog.next(page))).toEqual(['a'])
  })
})

describe('a walk', () => {
  it('goes from page to page, then begins again with what changed in the last minutes, and once an hour with everything', () => {
    const { backlog, pass } = open()
    const last = entry('z', { updatedAt: '2025-12-31T00:00:00.000Z', isEmbedded: true })
    expect(backlog.advance([last], true)).toBe(true)
    expect(backlog.position).toEqual({ at: last.updatedAt, id: 'z' })
    expect(backlog.advance([last], false)).toBe(false)
    expect(backlog.position.at).toBe('2025-12-31T23:50:00.000Z')
    pass(3_599_000)
    backlog.advance([], false)
    expect(backlog.position.at).toBe('2026-01-01T00:49:59.000Z')
    pass(1_000)
    backlog.advance([], false)
    expect(backlog.position.at).toBe('1970-01-01T00:00:00.000Z')
  })

  it('goes back to what failed, until it is met no more', () => {
    const { backlog, pass } = open()
    const old = entry('old', { updatedAt: '2020-01-01T00:00:00.000Z' })
    backlog.failed(backlog.next([old]))
    backlog.advance([old], false)
    expect(backlog.position.at).toBe(old.updatedAt)
    pass(1_000)
    expect(backlog.next([old])).toEqual([])
    backlog.advance([old], false)
    expect(backlog.position.at).toBe(old.updatedAt)
    backlog.next([])
    backlog.advance([], false)
    expect(backlog.position.at).toBe('2025-12-31T23:50:01.000Z')
  })
})
