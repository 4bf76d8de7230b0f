import { describe, expect, it } from 'vitest'

import { systemClock } from '../ports/clock.ts'
import { createOutage } from './outage.ts'

const signal = new AbortController().signal

function watched() {
  const lines: string[] = []
  const say = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    void lines.push(`${level} ${message}${fields ? ` ${String(fields['pass'])}: ${String(fields['error'])}` : ''}`)
  let nowMs = 0
  let isAway = false
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  const outage = createOutage(clock, { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') })
  const pass = async () => {
    if (isAway) throw new Error('nobody answers')
    return true
  }
  const [lease, beat] = [outage.over('leasing', pass), outage.over('beating', pass)]
  return { lines, lease, beat, goes: (away: boolean) => void (isAway = away), later: (ms: number) => void (nowMs += ms) }
}

describe('a server that is away', () => {
  it('is told of once when it goes and once when all that asks it is answered again, with how long it took', async () => {
    const { lines, lease, beat, goes, later } = watched()
    expect(await lease(signal)).toBe(true)
    goes(true)
    for (let at = 0; at < 20; at += 1) {
      expect([await lease(signal), await beat(signal)]).toEqual([false, false])
      later(2_000)
    }
    goes(false)
    await lease(signal)
    expect(lines).toHaveLength(1)
    await beat(signal)
    await beat(signal)
    expect(lines).toEqual([
      'error the server is away, or does not do what it is asked; it is asked until it does leasing: Error: nobody answers',
      'info the server is back after 40 s',
    ])
  })

  it('is told of again every five minutes, and anew when it goes again', async () => {
    const { lines, lease, goes, later } = watched()
    goes(true)
    for (let at = 0; at <= 600; at += 1) {
      await lease(signal)
      later(1_000)
    }
    expect(lines.slice(1).map((line) => line.split(' leasing')[0])).toEqual([
      'error the server is away for 300 s now',
      'error the server is away for 600 s now',
    ])
    goes(false)
    await lease(signal)
    goes(true)
    await lease(signal)
    expect(lines.slice(3).map((line) => line.split(',')[0])).toEqual(['info the server is back after 601 s', 'error the server is away'])
  })
})
