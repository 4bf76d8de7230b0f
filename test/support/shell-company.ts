import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Engine } from '@engine/core'

import { temporaryFolder } from './files.ts'
import { isAlive } from './processes.ts'

export const engineProgram = new URL('../../packages/cli/src/bin.ts', import.meta.url)

export interface ShellCompany {
  readonly engine: Engine
  readonly companyId: string
  /** While this file exists, its runs go on. */
  readonly hold: string
  addTasks(count: number): Promise<void>
  /** What each program said that was started, as words; the first is its process id. */
  started(): string[][]
  /** How many of these run. */
  running(): number
  /** Of all runs, each as its status and attempt, in order. */
  statuses(): Promise<string[]>
}

/** A company of one agent, whose runs are programs that are stubborn about SIGTERM. @param says what they print after their process id */
export async function createShellCompany(engine: Engine, says: string): Promise<ShellCompany> {
  const folder = temporaryFolder()
  const [trace, hold] = [join(folder, 'trace'), join(folder, 'hold')]
  const script = `trap '' TERM; echo "$$ ${says}" >> "$TRACE"; while [ -e "$HOLD" ]; do sleep 0.05; done; sleep 0.1`
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const { id: assigneeAgentId } = await engine.agents.create({
    companyId,
    name: 'Ada',
    role: 'worker',
    adapterType: 'process',
    adapterConfig: { command: '/bin/sh', args: ['-c', script], env: { TRACE: trace, HOLD: hold }, graceSec: 1 },
  })
  const started = () => {
    const lines = existsSync(trace) ? readFileSync(trace, 'utf8').split('\n') : []
    return lines.filter((line) => line !== '').map((line) => line.split(' '))
  }
  return {
    engine,
    companyId,
    hold,
    async addTasks(count) {
      for (let number = 1; number <= count; number += 1) await engine.tasks.create({ companyId, title: `Task ${number}`, assigneeAgentId })
    },
    started,
    running: () => started().filter(([pid = '']) => isAlive(pid)).length,
    statuses: async () =>
      (await engine.runs.list({ companyId, limit: 100 })).items.map(({ status, attempt }) => `${status} ${attempt}`).toSorted(),
  }
}
