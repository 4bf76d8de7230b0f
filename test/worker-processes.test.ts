import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { processAdapter } from '@engine/adapters/process'
import { postgres } from '@engine/storage-postgres'
import { watched } from '@engine/testing'

import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram, type Program } from './support/processes.ts'
import { readPrometheus } from './support/prometheus.ts'
import { createShellCompany, engineProgram, type ShellCompany } from './support/shell-company.ts'
import { newDatabase } from './support/storages.ts'

const workerFile = new URL('./support/worker.ts', import.meta.url)
const secretKey = randomBytes(32).toString('base64')

/** Its engine looks on, and is not started. */
interface Scene extends ShellCompany {
  readonly url: string
}

async function open(): Promise<Scene> {
  const url = await newDatabase('postgres')
  const engine = await createEngine({ storage: watched(postgres(url)), adapters: [processAdapter({ programs: 'any' })] })
  onTestFinished(() => engine.stop())
  return { ...(await createShellCompany(engine, '$ENGINE_TASK_ID')), url }
}

function engineWorker(scene: Pick<Scene, 'url'>, args: string[] = []): Program {
  return startProgram(engineProgram, {
    args: ['worker', '--database-url', scene.url, '--allow-program', '/bin/sh', ...args],
    cwd: temporaryFolder(),
    env: { ENGINE_SECRET_KEY: secretKey },
  })
}

const noneAlive = (scene: Scene) =>
  until(
    async () => scene.running(),
    (running) => running === 0,
    8_000,
  )

describe.runIf(existsSync('/proc/self/stat'))('engine worker', () => {
  it('executes what others queued, is listed by its name, and ends at SIGTERM with what it did', { timeout: 60_000 }, async () => {
    const scene = await open()
    const worker = engineWorker(scene, ['--name', 'north', '--concurrency', '2'])
    await worker.printed(/Worker is ready: up to 2 runs at once/)
    await scene.addTasks(3)
    await until(
      () => scene.statuses(),
      (found) => found.join() === 'succeeded 1,succeeded 1,succeeded 1',
      20_000,
    )
    const [listed] = (await scene.engine.workers.list({})).items
    expect(listed).toMatchObject({
      name: 'north',
      capacity: 2,
      status: 'active',
      pid: worker.child.pid,
      adapters: expect.arrayContaining(['process', 'anthropic']),
    })
    worker.child.kill('SIGTERM')
    expect(await worker.exited).toEqual({ code: 0, signal: null })
    expect((await scene.engine.workers.list({})).items).toMatchObject([{ name: 'north', status: 'stopped' }])
  })

  it('tells a monitor of its machine how it is, as a server does, and nothing else to anybody', { timeout: 60_000 }, async () => {
    const scene = await open()
    const worker = engineWorker(scene, ['--metrics-port', '0'])
    const [, url = ''] = await worker.printed(/Figures are at (http:\S+)\/metrics/)
    await worker.printed(/Worker is ready/)
    const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${url}${path}`, { headers })
    expect(await (await ask('/api/health/live')).json()).toEqual({ status: 'live' })
    expect(await (await ask('/api/health/ready')).json()).toMatchObject({
      status: 'ready',
      checks: expect.arrayContaining([{ name: 'loop dispatcher', status: 'ok', reason: null }]),
    })
    await scene.addTasks(1)
    await until(
      () => scene.statuses(),
      (found) => found.join() === 'succeeded 1',
      20_000,
    )
    const figures = readPrometheus(await (await ask('/metrics')).text())
    expect(figures.get('engine_events_total')?.samples.find(({ labels }) => labels['type'] === 'run.succeeded')?.value).toBe(1)
    expect(figures.get('engine_statement_seconds')?.samples.length).toBeGreaterThan(0)
    expect((await ask('/api/companies')).status).toBe(404)
    // A page of another site, in the browser of whoever works at this machine.
    expect((await ask('/metrics', { origin: 'https://elsewhere.example' })).status).toBe(403)
    worker.child.kill('SIGTERM')
    expect(await worker.exited).toEqual({ code: 0, signal: null })
  })

  it.each([
    [['--metrics-port', 'some'], {}, /ENGINE_METRICS_PORT \(or --metrics-port\) must be a number/],
    [['--metrics-port', '0', '--metrics-host', '0.0.0.0'], {}, /ENGINE_METRICS_TOKEN/],
    [['--metrics-port', '0', '--server', 'https://engine.example'], { ENGINE_NODE_KEY: 'eng_node_x' }, /worker on a database/],
  ])('does not start with %j', { timeout: 60_000 }, async (args, env, message) => {
    const databaseUrl = args.includes('--server') ? [] : ['--database-url', await newDatabase('postgres')]
    const worker = startProgram(engineProgram, {
      args: ['worker', ...databaseUrl, ...args],
      cwd: temporaryFolder(),
      env: { ENGINE_SECRET_KEY: secretKey, ...env },
    })
    expect((await worker.exited).code).not.toBe(0)
    expect(worker.output()).toMatch(message)
  })

  it('hands back at SIGTERM what does not end within the grace, at once and without an attempt burnt', { timeout: 60_000 }, async () => {
    const scene = await open()
    writeFileSync(scene.hold, '')
    await scene.addTasks(1)
    const worker = engineWorker(scene, ['--grace', '0'])
    await until(
      async () => scene.started(),
      (pids) => pids.length === 1,
      20_000,
    )
    worker.child.kill('SIGTERM')
    expect(await worker.exited).toEqual({ code: 0, signal: null })
    await noneAlive(scene)
    expect(await scene.statuses()).toEqual(['cancelled 1', 'queued 1'])
  })

  it('lets a run end within the grace', { timeout: 60_000 }, async () => {
    const scene = await open()
    writeFileSync(scene.hold, '')
    await scene.addTasks(1)
    const worker = engineWorker(scene)
    await until(
      async () => scene.started(),
      (pids) => pids.length === 1,
      20_000,
    )
    worker.child.kill('SIGTERM')
    await worker.printed(/Stopping/)
    // What is queued now waits for another worker.
    await scene.addTasks(1)
    rmSync(scene.hold)
    expect(await worker.exited).toEqual({ code: 0, signal: null })
    expect(await scene.statuses()).toEqual(['queued 1', 'succeeded 1'])
  })

  it('ends at once at a second signal, and leaves no process', { timeout: 60_000 }, async () => {
    const scene = await open()
    writeFileSync(scene.hold, '')
    await scene.addTasks(1)
    const worker = engineWorker(scene, ['--grace', '600'])
    await until(
      async () => scene.started(),
      (pids) => pids.length === 1,
      20_000,
    )
    worker.child.kill('SIGTERM')
    await worker.printed(/Once more to stop at once/)
    worker.child.kill('SIGTERM')
    expect(await worker.exited).toEqual({ code: 143, signal: null })
    await noneAlive(scene)
  })

  const refusals: readonly (readonly [string, string[], RegExp])[] = [
    ['a SQLite file', ['--data-dir', 'data'], /joins the other processes of one Postgres database, and this is none\. .*--database-url/],
    ['PGlite', ['--database-url', 'pglite://./folder'], /joins the other processes of one Postgres database/],
    [
      'no key of the secrets',
      ['--database-url', 'postgres://nobody@127.0.0.1:1/none'],
      /ENGINE_SECRET_KEY is not set.*key of engine serve/,
    ],
    ['a concurrency of none', ['--database-url', 'postgres://nobody@127.0.0.1:1/none', '--concurrency', '0'], /--concurrency must be/],
  ]
  it.each(refusals)('is refused on %s, with what would work', async (what, args, said) => {
    const env = { DATABASE_URL: '', ENGINE_SECRET_KEY: what.startsWith('no key') ? '' : secretKey }
    const worker = startProgram(engineProgram, {
      args: ['worker', ...args],
      cwd: temporaryFolder(),
      env,
    })
    expect(await worker.exited).toEqual({ code: 1, signal: null })
    expect(worker.output()).toMatch(said)
  })
})

describe.runIf(existsSync('/proc/self/stat'))('workers of one Postgres that are killed, stopped and replaced', () => {
  it('lose no task, do none twice, and leave no process', { timeout: 120_000 }, async () => {
    const scene = await open()
    const { engine, companyId } = scene
    const tasks = 12
    // A lease that a busy machine does not let run out, few runs at once, and retries soon.
    const settings = JSON.stringify({ leaseMs: 8_000, maxConcurrentRuns: 2, retryBaseMs: 100 })
    const worker = () => startProgram(workerFile, { args: [scene.url, settings] })
    let running = [worker(), worker(), worker()]
    await scene.addTasks(tasks)
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      const [victim, ...others] = running
      if (!victim) throw new Error('there is no worker to end')
      await victim.printed(/STARTED/)
      victim.child.kill(signal)
      await victim.exited
      running = [...others, worker()]
    }
    await until(
      async () => (await engine.tasks.list({ companyId, status: 'done', limit: 100 })).items.length,
      (done) => done === tasks,
      60_000,
    )
    const runs = (await engine.runs.list({ companyId, limit: 100 })).items
    const succeeded = runs.filter(({ status }) => status === 'succeeded')
    expect(new Set(succeeded.map(({ taskId }) => taskId)).size).toBe(tasks)
    expect(succeeded).toHaveLength(tasks)
    // Only a kill burns an attempt; what was handed back did not.
    const lost = runs.filter(({ status }) => status === 'lost')
    expect(lost.length).toBeGreaterThan(0)
    expect(
      succeeded
        .filter(({ attempt }) => attempt > 1)
        .map(({ taskId }) => taskId)
        .toSorted(),
    ).toEqual([...new Set(lost.map(({ taskId }) => taskId))].toSorted())
    // Before that a signal ends it as any program.
    await Promise.all(running.map((one) => one.printed(/READY/)))
    for (const { child } of running) child.kill('SIGTERM')
    expect(await Promise.all(running.map(({ exited }) => exited))).toEqual(running.map(() => ({ code: 0, signal: null })))
    await noneAlive(scene)
    expect((await engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })
})
