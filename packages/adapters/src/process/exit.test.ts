import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { runNode, say } from './fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'engine-process-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the end of a program', () => {
  test('with exit code 0 and no word about it is done', async () => {
    expect((await runNode('')).outcome).toEqual({ kind: 'done' })
  })

  test('with another exit code is a failure with the end of its stderr', async () => {
    const { outcome } = await runNode(`console.error('x'.repeat(5000) + ' the reason'); process.exitCode = 3`)
    expect(outcome).toMatchObject({ kind: 'failed', class: 'unknown' })
    const message = outcome.kind === 'failed' ? outcome.message : ''
    expect(message).toContain('exit code 3')
    expect(message).toMatch(/the reason$/)
    expect(message.length).toBeLessThanOrEqual(2_000)
  })

  test('by a signal is a failure that names it', async () => {
    const { outcome } = await runNode(`process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000)`)
    expect(outcome).toMatchObject({ kind: 'failed', class: 'unknown', message: expect.stringContaining('SIGSEGV') })
  })

  test.each([
    { kind: 'failed', class: 'rate_limited', message: 'slow down', retryAfterMs: 5_000 },
    { kind: 'blocked', reason: 'no access', owner: 'Bo' },
  ])('with another exit code leaves a reported $kind as it is', async (reported) => {
    const { outcome } = await runNode(`${say({ engine: 'outcome', outcome: reported })} process.exitCode = 1`)
    expect(outcome).toEqual(reported)
  })

  test('with another exit code overrides a reported success', async () => {
    const { outcome } = await runNode(`${say({ engine: 'outcome', outcome: { kind: 'done' } })} process.exitCode = 1`)
    expect(outcome).toMatchObject({ kind: 'failed', class: 'unknown', message: expect.stringContaining('reported "done"') })
  })
})

describe('a program that can not be started is a fault of the configuration', () => {
  test('when there is none of that name', async () => {
    const { outcome } = await runNode('', { config: { command: 'no-such-program-here' } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('no-such-program-here') })
  })

  test('when the command is a shell line, with a word on how to write it', async () => {
    const { outcome } = await runNode('', { config: { command: 'node agent.mjs' } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('`args`') })
  })

  test('when the file is not executable', async () => {
    const file = join(folder, 'agent.sh')
    writeFileSync(file, '#!/bin/sh\nexit 0\n')
    chmodSync(file, 0o644)
    const { outcome } = await runNode('', { config: { command: file } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('not executable') })
  })

  test('when its working folder is missing', async () => {
    const cwd = join(folder, 'gone')
    const { outcome } = await runNode('', { config: { cwd } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining(cwd) })
  })
})
