import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { processAdapter } from '@engine/adapters/process'
import { sqlite } from '@engine/storage-sqlite'
import { watched } from '@engine/testing'

import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { serveToNodes } from './support/nodes.ts'
import { startProgram, type Program } from './support/processes.ts'
import { createShellCompany, engineProgram, type ShellCompany } from './support/shell-company.ts'

interface Scene extends ShellCompany {
  readonly url: string
  readonly key: string
}

/** A server that executes nothing itself, on a database that no other process could share. */
async function open(): Promise<Scene> {
  const engine = await createEngine({
    storage: watched(sqlite(join(temporaryFolder(), 'engine.db'))),
    adapters: [processAdapter({ programs: 'any' })],
    settings: { maxConcurrentRuns: 0, leaseMs: 4_000, sweepMs: 200, pollMs: 100, retryBaseMs: 100, workerBeatMs: 500 },
  })
  onTestFinished(() => engine.stop())
  await engine.start()
  // Each says what it finds of its node's key.
  const company = await createShellCompany(engine, '${ENGINE_NODE_KEY:-none}')
  const { key } = await engine.nodes.createKey({ name: 'North' })
  return { ...company, url: (await serveToNodes(engine)).url, key }
}

function engineNode({ url, key }: Pick<Scene, 'url' | 'key'>, args: string[] = []): Program {
  return startProgram(engineProgram, {
    args: ['worker', '--server', url, '--allow-program', '/bin/sh', ...args],
    cwd: temporaryFolder(),
    env: { ENGINE_NODE_KEY: key, DATABASE_URL: '' },
  })
}

describe.runIf(existsSync('/proc/self/stat'))('engine worker --server', () => {
  it('executes runs without a database, gives its key to no program, and ends at SIGTERM', { timeout: 60_000 }, async () => {
    const scene = await open()
    const node = engineNode(scene, ['--name', 'far', '--concurrency', '2'])
    await node.printed(/Worker is ready: up to 2 runs at once, from http/)
    await scene.addTasks(3)
    await until(
      () => scene.statuses(),
      (found) => found.join() === 'succeeded 1,succeeded 1,succeeded 1',
      30_000,
    )
    expect(scene.started().map(([, key]) => key)).toEqual(['none', 'none', 'none'])
    expect((await scene.engine.workers.list({})).items).toContainEqual(
      expect.objectContaining({ name: 'far', capacity: 2, pid: node.child.pid, nodeKeyId: expect.any(String) }),
    )
    node.child.kill('SIGTERM')
    expect(await node.exited).toEqual({ code: 0, signal: null })
    expect((await scene.engine.workers.list({})).items).toContainEqual(expect.objectContaining({ name: 'far', status: 'stopped' }))
  })

  it('hands back at SIGTERM what does not end within the grace, without an attempt burnt', { timeout: 60_000 }, async () => {
    const scene = await open()
    writeFileSync(scene.hold, '')
    await scene.addTasks(1)
    const node = engineNode(scene, ['--grace', '0'])
    await until(
      async () => scene.running(),
      (count) => count === 1,
      30_000,
    )
    node.child.kill('SIGTERM')
    expect(await node.exited).toEqual({ code: 0, signal: null })
    expect(await scene.statuses()).toEqual(['cancelled 1', 'queued 1'])
    expect(scene.running()).toBe(0)
  })

  it('that is killed loses its runs to another one, which does each once', { timeout: 90_000 }, async () => {
    const scene = await open()
    writeFileSync(scene.hold, '')
    await scene.addTasks(2)
    const victim = engineNode(scene)
    await until(
      async () => scene.running(),
      (count) => count === 2,
      30_000,
    )
    victim.child.kill('SIGKILL')
    await victim.exited
    rmSync(scene.hold)
    engineNode(scene)
    await until(
      () => scene.statuses(),
      (found) => found.join() === 'lost 1,lost 1,succeeded 2,succeeded 2',
      60_000,
    )
    await until(
      async () => scene.running(),
      (count) => count === 0,
    )
    expect((await scene.engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('ends when it is let go, and says so', { timeout: 60_000 }, async () => {
    const scene = await open()
    const node = engineNode(scene, ['--name', 'far'])
    await node.printed(/Worker is ready/)
    const far = (await scene.engine.workers.list({})).items.find(({ name }) => name === 'far')
    await scene.engine.workers.revoke({ workerId: far?.id ?? '' })
    expect(await node.exited).toEqual({ code: 1, signal: null })
    expect(node.output()).toMatch(/let this worker go: it was revoked, or its key was\. Start it again/)
  })

  it('is refused with a key that is none', { timeout: 60_000 }, async () => {
    const { url } = await open()
    const node = engineNode({ url, key: 'eng_nodekey_none' })
    expect(await node.exited).toEqual({ code: 1, signal: null })
    expect(node.output()).toMatch(/registers no node here/)
  })

  const refusals: readonly (readonly [string, string[], RegExp])[] = [
    ['an address in the clear', ['--server', 'http://engine.example', '--key', 'k'], /must be an https:\/\/ address/],
    ['an address that is none', ['--server', 'engine', '--key', 'k'], /must be an https:\/\/ address/],
    ['a server and a database', ['--server', 'https://engine.example', '--key', 'k', '--database-url', 'postgres://x'], /not from both/],
    ['no key', ['--server', 'https://engine.example'], /needs a key: --key, or better ENGINE_NODE_KEY/],
  ]
  it.each(refusals)('is refused with %s', async (_, args, said) => {
    const node = startProgram(engineProgram, {
      args: ['worker', ...args],
      cwd: temporaryFolder(),
      env: { ENGINE_NODE_KEY: '', DATABASE_URL: '' },
    })
    expect(await node.exited).toEqual({ code: 1, signal: null })
    expect(node.output()).toMatch(said)
  })
})
