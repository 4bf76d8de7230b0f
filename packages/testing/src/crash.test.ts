import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { describe, expect, it } from 'vitest'

import type { Registry } from '@engine/core'

import { countSteps, crashAt, crashFromEnvironment, crashPoints, parseCrashPoint, type Probe } from './crash.ts'

const crashFile = new URL('./crash.ts', import.meta.url).href

/** Which of the steps, told one after the other, is the one to die at; null when none is. */
function diesAt(point: string, told: readonly string[]): number | null {
  let crashed = false
  const probe = crashAt(parseCrashPoint(point), () => {
    crashed = true
  })
  for (const [index, step] of told.entries()) {
    void probe(step)
    if (crashed) return index
  }
  return null
}

describe('a crash point', () => {
  it('is the first time that its step is reached, or the nth', () => {
    const told = ['runs.claim.begun', 'runs.claim.recorded', 'runs.sweep.recorded', 'runs.claim.recorded']
    expect(diesAt('runs.claim.recorded', told)).toBe(1)
    expect(diesAt('runs.claim.recorded#2', told)).toBe(3)
    expect(diesAt('runs.claim.recorded#3', told)).toBeNull()
    expect(diesAt('tasks.create.begun', told)).toBeNull()
  })

  it.each(['runs.claim', 'claim.begun', 'runs.claim.after', 'runs.claim.begun#0', 'runs.claim.begun#', ' runs.claim.begun'])(
    'is not %j',
    (text) => {
      expect(() => parseCrashPoint(text)).toThrow(/such as runs\.claim\.recorded#2/)
    },
  )

  it('comes from the environment of a process, if it is there', () => {
    expect(crashFromEnvironment({})).toBeUndefined()
    expect(crashFromEnvironment({ ENGINE_CRASH_AT: '' })).toBeUndefined()
    expect(crashFromEnvironment({ ENGINE_CRASH_AT: 'tasks.create.begun' })).toBeTypeOf('function')
    expect(() => crashFromEnvironment({ ENGINE_CRASH_AT: 'somewhere' })).toThrow(/somewhere/)
  })

  it('ends its process at once: nothing after it happens, not even what waits already', async () => {
    const program = `
      import { crashFromEnvironment } from ${JSON.stringify(crashFile)}
      process.on('exit', () => console.log('exit'))
      setImmediate(() => console.log('later'))
      console.log('before')
      crashFromEnvironment()('tasks.create.begun')
      crashFromEnvironment()('tasks.create.handled')
      console.log('after')`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env, NODE_OPTIONS: '', ENGINE_CRASH_AT: 'tasks.create.handled' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
    expect(output).toBe('before\n')
  })
})

describe('the points of an engine', () => {
  it('are the four steps of each command, and none of a query', () => {
    const operation = (name: string, kind: string) => ({ name, definition: { kind } })
    // Only these two fields are looked at.
    const registry = { operations: [operation('tasks.create', 'command'), operation('tasks.get', 'query')] } as unknown as Registry
    expect(crashPoints(registry)).toEqual(['tasks.create.begun', 'tasks.create.handled', 'tasks.create.recorded', 'tasks.create.committed'])
  })

  it('are counted as they are reached, and passed on', async () => {
    const passedOn: string[] = []
    const listener: Probe = async (step) => {
      await Promise.resolve()
      passedOn.push(step)
    }
    const counter = countSteps(listener)
    for (const step of ['a.b.begun', 'a.b.handled', 'a.b.begun']) await counter.probe(step)
    expect([...counter.counts]).toEqual([
      ['a.b.begun', 2],
      ['a.b.handled', 1],
    ])
    expect(passedOn).toEqual(['a.b.begun', 'a.b.handled', 'a.b.begun'])
    await countSteps().probe('a.b.begun')
  })
})
