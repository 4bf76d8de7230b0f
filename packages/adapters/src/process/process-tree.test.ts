import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { afterEach, describe, expect, onTestFinished, test } from 'vitest'

import { endLeftovers, escape, eventually, isAlive, newRunId, processesOf, type FinishedRun } from '../program/fixtures.ts'
import { runNode } from './fixtures.ts'

afterEach(endLeftovers)

const stayAlive = `setInterval(() => {}, 1000);`
const ignoreTerm = `process.on('SIGTERM', () => {});`
const sayReady = `console.log('ready ' + process.pid);`

/** Runs a program that says that it is ready, and calls `act` then. */
function runUntilReady(code: string, act: (pid: number, runId: string) => void, config: Record<string, unknown>): Promise<FinishedRun> {
  const seen = { text: '', isReady: false }
  return runNode(code, {
    config,
    onEvent(event, runId) {
      if (event.type !== 'log' || event.stream !== 'stdout' || seen.isReady) return
      seen.text += event.text
      const pid = /ready (\d+)\n/.exec(seen.text)?.[1]
      if (pid === undefined) return
      seen.isReady = true
      act(Number(pid), runId)
    },
  })
}

describe.runIf(process.platform === 'linux')('nothing of a run outlives it', () => {
  test('when it takes too long', async () => {
    const { outcome, tookMs, runId } = await runNode(stayAlive, { config: { timeoutSec: 1, graceSec: 25 } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'timeout' })
    expect(tookMs).toBeGreaterThan(990)
    expect(tookMs).toBeLessThan(20_000)
    expect(processesOf(runId)).toEqual([])
  })

  test('when it ignores the request to end: it is killed after the grace', async () => {
    const { outcome, tookMs, runId } = await runNode(ignoreTerm + stayAlive, { config: { timeoutSec: 1, graceSec: 1 } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'timeout' })
    expect(tookMs).toBeGreaterThan(1_990)
    expect(processesOf(runId)).toEqual([])
  })

  test('when it is stopped: it can still say a last word, and the reason is kept', async () => {
    const stop = new AbortController()
    const code = `process.on('SIGTERM', () => { console.log('goodbye'); process.exit(0) });${sayReady}${stayAlive}`
    const { outcome, log, runId } = await runNode(code, {
      signal: stop.signal,
      onEvent: (event) => event.type === 'log' && event.text.includes('ready') && stop.abort('agent paused'),
    })
    expect(outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: agent paused' })
    expect(log('stdout')).toContain('goodbye')
    expect(processesOf(runId)).toEqual([])
  })

  test('when it was stopped before it began', async () => {
    const { outcome, events } = await runNode(sayReady, { signal: AbortSignal.abort('host stops') })
    expect(outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: host stops' })
    expect(events).toEqual([])
  })

  test('when it ends with a child in its own group that has no marker and holds its stdout', async () => {
    const child = `require('node:child_process').spawn('sleep', ['60'], { env: {}, stdio: 'inherit' })`
    const { outcome, log } = await runNode(`const child = ${child}; child.unref(); console.log('child ' + child.pid)`)
    const pid = Number(/child (\d+)/.exec(log('stdout'))?.[1])
    expect(outcome).toEqual({ kind: 'done' })
    expect(pid).toBeGreaterThan(0)
    expect(isAlive(pid)).toBe(false)
  })

  test('when it ends with a grandchild in a session of its own that holds its stdout', async () => {
    const { outcome, runId, log } = await runNode(escape(sayReady + stayAlive) + `setTimeout(() => {}, 500)`)
    expect(log('stdout')).toMatch(/ready \d+/)
    expect(outcome).toEqual({ kind: 'done' })
    expect(processesOf(runId)).toEqual([])
  })

  test('when that grandchild ignores the request to end', async () => {
    const code = escape(ignoreTerm + sayReady + stayAlive) + stayAlive
    const { outcome, runId, log } = await runNode(code, { config: { timeoutSec: 1, graceSec: 1 } })
    expect(log('stdout')).toMatch(/ready \d+/)
    expect(outcome).toMatchObject({ class: 'timeout' })
    expect(processesOf(runId)).toEqual([])
  })

  test('when a child hides its marker but not its parent', async () => {
    const hidden = `require('node:child_process').spawn('sleep', ['60'], { env: {}, detached: true, stdio: 'ignore' })`
    const { log } = await runNode(`console.log('hidden ' + ${hidden}.pid);${stayAlive}`, { config: { timeoutSec: 1, graceSec: 1 } })
    const pid = Number(/hidden (\d+)/.exec(log('stdout'))?.[1])
    expect(pid).toBeGreaterThan(0)
    expect(isAlive(pid)).toBe(false)
  })

  test('when its supervisor is killed: the host does its work', async () => {
    const code = escape(ignoreTerm + stayAlive) + ignoreTerm + `setTimeout(() => console.log('ready ' + process.ppid), 300);` + stayAlive
    const { outcome, runId } = await runUntilReady(code, (shimPid) => process.kill(shimPid, 'SIGKILL'), { graceSec: 1 })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'transient', message: expect.stringContaining('supervisor') })
    expect(processesOf(runId)).toEqual([])
  })

  test('when its supervisor does nothing any more: the host kills it and does its work', async () => {
    const code = `console.log('ready ' + process.ppid);${stayAlive}`
    const { outcome, runId } = await runUntilReady(code, (shimPid) => process.kill(shimPid, 'SIGSTOP'), {
      graceSec: 0,
      timeoutSec: 1,
    })
    expect(outcome).toMatchObject({ class: 'timeout' })
    expect(processesOf(runId)).toEqual([])
  }, 15_000)
})

describe.runIf(process.platform === 'linux')('what the limits are', () => {
  test('a process that hides its marker, its group and its parents escapes, and still does not hold the run open', async () => {
    const code = escape(`${sayReady}${stayAlive}`, '{}') + `setTimeout(() => {}, 600)`
    const { outcome, log } = await runNode(code)
    const pid = Number(/ready (\d+)/.exec(log('stdout'))?.[1])
    expect(pid).toBeGreaterThan(0)
    expect(isAlive(pid)).toBe(true)
    process.kill(pid, 'SIGKILL')
    expect(outcome).toEqual({ kind: 'done' })
  })

  test('one that escapes and writes without end does not hold the run open either', async () => {
    const flood = `${sayReady} const more = () => process.stdout.write('x'.repeat(65536), more); more()`
    const { outcome, log } = await runNode(escape(flood, '{}') + `setTimeout(() => {}, 600)`)
    const pid = Number(/ready (\d+)/.exec(log('stdout'))?.[1])
    expect(pid).toBeGreaterThan(0)
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    expect(outcome).toEqual({ kind: 'done' })
  })
})

describe.runIf(process.platform === 'linux')('nothing of a run outlives its host', () => {
  const program = escape(ignoreTerm + sayReady + stayAlive) + ignoreTerm + stayAlive

  test.each(['SIGKILL', 'SIGTERM'] as const)('that ends by %s', async (signal) => {
    const runId = newRunId()
    const host = startHost({ runId, code: program, graceSec: 1 })
    await eventually(() => (processesOf(runId).length >= 2 ? true : undefined))
    host.kill(signal)
    await once(host, 'exit')
    await eventually(() => (processesOf(runId).length === 0 ? true : undefined), 10_000)
  })
})

function startHost(job: { runId: string; code: string; graceSec: number }): ChildProcess {
  const script = fileURLToPath(new URL('./fixture-host.ts', import.meta.url))
  const host = fork(script, [JSON.stringify(job)], { execArgv: ['--conditions=engine-source', '--no-warnings'], stdio: 'ignore' })
  onTestFinished(() => void host.kill('SIGKILL'))
  return host
}

describe.runIf(process.platform === 'linux')('the supervisor', () => {
  test('shows no value of the configuration to other users: neither in its arguments nor in its environment', async () => {
    const read = { text: '' }
    const code = `console.log('ready ' + process.ppid); setTimeout(() => {}, 400)`
    const look = (pid: number) => {
      read.text = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
    }
    await runUntilReady(code, look, { env: { TOKEN: 'secret-value' }, args: ['-e', code, '--', 'secret-argument'] })
    expect(read.text).toContain('shim')
    expect(read.text).not.toContain('secret')
  })

  test('keeps its own line to the host from the program', async () => {
    const { log } = await runNode(
      `console.log(JSON.stringify([0, 1, 2, 3, 4].filter((fd) => { try { return require('node:fs').fstatSync(fd).isSocket() } catch { return false } })))`,
    )
    expect(JSON.parse(log('stdout'))).toEqual([0, 1, 2])
  })
})
