import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { createEngine, type Engine } from '@engine/core'
import { processAdapter } from '@engine/adapters/process'
import { sqlite } from '@engine/storage-sqlite'
import { watched } from '@engine/testing'

import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { isAlive, startProgram } from './support/processes.ts'

const workerFile = new URL('./support/worker.ts', import.meta.url)
// Waits as long as the file `hold` exists, then ends; ignores SIGTERM to be as stubborn as it can be.
const program = `process.on('SIGTERM', () => {}); const fs = require('fs'); fs.appendFileSync(process.env.TRACE, process.pid + '\\n');
const timer = setInterval(() => { if (!fs.existsSync(process.env.HOLD)) { clearInterval(timer) } }, 20)`

interface Scene {
  readonly file: string
  readonly engine: Engine
  readonly taskId: string
  readonly companyId: string
  readonly trace: string
  readonly hold: string
}

async function prepare(): Promise<Scene> {
  const folder = temporaryFolder()
  const [file, trace, hold] = [join(folder, 'engine.db'), join(folder, 'trace'), join(folder, 'hold')]
  const engine = await createEngine({ storage: watched(sqlite(file)), adapters: [processAdapter({ programs: 'any' })] })
  const company = await engine.companies.create({ name: 'Acme' })
  const agent = await engine.agents.create({
    companyId: company.id,
    name: 'Ada',
    role: 'worker',
    adapterType: 'process',
    adapterConfig: { command: process.execPath, args: ['-e', program], env: { TRACE: trace, HOLD: hold }, graceSec: 1 },
  })
  const task = await engine.tasks.create({ companyId: company.id, title: 'Hold on', assigneeAgentId: agent.id })
  return { file, engine, taskId: task.id, companyId: company.id, trace, hold }
}

describe.runIf(existsSync('/proc/self/stat'))('a worker that is killed with SIGKILL during a run', () => {
  it('loses the run; the task runs again within lease and sweep, and no process is left behind', { timeout: 60_000 }, async () => {
    const scene = await prepare()
    const { engine, taskId, companyId } = scene
    writeFileSync(scene.hold, '')
    const first = startProgram(workerFile, { args: [scene.file] })
    const [, lostRunId = ''] = await first.printed(/STARTED (\S+)/)
    const [firstPid = ''] = await until(
      () => pidsIn(scene.trace),
      (pids) => pids.length === 1,
    )
    first.child.kill('SIGKILL')
    await first.exited
    await until(
      () => isAlive(firstPid),
      (alive) => !alive,
      8_000,
    )

    const second = startProgram(workerFile, { args: [scene.file] })
    const started = await second.printed(/STARTED (\S+)/)
    expect(started[1]).not.toBe(lostRunId)
    expect(await engine.runs.get({ runId: lostRunId })).toMatchObject({ status: 'lost', attempt: 1 })
    const rerun = await engine.runs.get({ runId: started[1] ?? '' })
    expect(rerun).toMatchObject({ status: 'running', attempt: 2, retryOf: lostRunId, fence: 2 })

    rmSync(scene.hold)
    await second.printed(/SUCCEEDED/)
    expect(await engine.tasks.get({ taskId })).toMatchObject({ status: 'done' })
    const events = (await engine.events.list({ companyId, limit: 100 })).items.map((event) => event.type)
    expect(events.filter((type) => type === 'task.completed')).toHaveLength(1)
    expect(events.filter((type) => type === 'run.lost')).toHaveLength(1)
    await engine.stop()
  })
})

describe.runIf(existsSync('/proc/self/stat'))('a worker that is asked to stop', () => {
  it('hands its run back without burning an attempt, and leaves no process', { timeout: 60_000 }, async () => {
    const scene = await prepare()
    const { engine, companyId } = scene
    writeFileSync(scene.hold, '')
    const worker = startProgram(workerFile, { args: [scene.file] })
    await worker.printed(/STARTED (\S+)/)
    const [pid = ''] = await until(
      () => pidsIn(scene.trace),
      (pids) => pids.length === 1,
    )
    worker.child.kill('SIGTERM')
    await worker.printed(/STOPPED/)
    expect(await worker.exited).toMatchObject({ code: 0 })
    expect(isAlive(pid)).toBe(false)
    const runs = (await engine.runs.list({ companyId })).items
    expect(runs.map(({ status, attempt }) => ({ status, attempt }))).toEqual([
      { status: 'cancelled', attempt: 1 },
      { status: 'queued', attempt: 1 },
    ])
    await engine.stop()
  })
})

function pidsIn(trace: string): string[] {
  if (!existsSync(trace)) return []
  return readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
