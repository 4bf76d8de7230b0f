import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createScreen } from './screen.ts'
import { bar, working } from './working.ts'

function screenOf(isTTY: boolean) {
  const written: string[] = []
  // What a screen asks of a terminal.
  const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream
  return { screen: createScreen(stream), written }
}

describe('long work', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const oneSecond = () => new Promise<string>((resolve) => setTimeout(resolve, 1_000, 'done'))

  it('says on a terminal how long it takes and how far it is, and leaves nothing there', async () => {
    const { screen, written } = screenOf(true)
    const result = working({ what: 'Copying', progress: () => bar(1, 4), screen }, oneSecond)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await result).toBe('done')
    expect(written).toContain('Copying: 1 s, [#####...............] 25 %')
    expect(written.slice(-2)).toEqual(['\r\u001b[K', ''])
  })

  it('says nothing where no terminal is', async () => {
    const { screen, written } = screenOf(false)
    const result = working({ what: 'Copying', screen }, oneSecond)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await result).toBe('done')
    expect(written).toEqual([])
  })

  it('is cleared away when it fails', async () => {
    const { screen, written } = screenOf(true)
    const failing = async () => {
      await oneSecond()
      throw new Error('no space')
    }
    const result = expect(working({ what: 'Copying', screen }, failing)).rejects.toThrow('no space')
    await vi.advanceTimersByTimeAsync(1_000)
    await result
    expect(written.slice(-2)).toEqual(['\r\u001b[K', ''])
  })

  it.each([
    [0, 10, '[....................] 0 %'],
    [10, 10, '[####################] 100 %'],
    [11, 10, '[####################] 100 %'],
    [0, 0, '[####################] 100 %'],
  ])('of which %i of %i is done is shown as %s', (done, all, shown) => {
    expect(bar(done, all)).toBe(shown)
  })
})
