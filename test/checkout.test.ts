import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { sqlite } from '@engine/storage-sqlite'

import { createWorld } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

interface RaceResult {
  won: string[]
  lost: number
  lostWithHolder: number
  unexpected: string[]
}

it('a checkout has one winner when two processes race on one file', { timeout: 60_000 }, async () => {
  const file = join(temporaryFolder(), 'engine.db')
  const { engine, companyId } = await createWorld({ storage: sqlite(file), agentMode: 'manual' })
  const given = { companyId, role: 'writer', adapterType: 'scripted', executionMode: 'manual', maxConcurrentRuns: 50 } as const
  const hired = await Promise.all(Array.from({ length: 4 }, (_, index) => engine.agents.create({ ...given, name: `Agent ${index}` })))
  const agents = hired.map(({ id }) => id)
  const tasks = await Promise.all(Array.from({ length: 40 }, () => engine.tasks.create({ companyId, title: 'Write' })))
  const plan = JSON.stringify({ file, agents, tasks: tasks.map((task) => task.id) })
  const racers = [1, 2].map((number) => startProgram(new URL('./support/racer.ts', import.meta.url), { args: [plan, String(number)] }))
  await Promise.all(racers.map((racer) => racer.printed(/READY/)))
  writeFileSync(`${file}.go`, '')
  const results = await Promise.all(racers.map(async (racer) => JSON.parse((await racer.printed(/RESULT (.*)\n/))[1] ?? '') as RaceResult))
  expect(results.map((result) => result.unexpected)).toEqual([[], []])
  const won = results.flatMap((result) => result.won)
  expect(won.toSorted()).toEqual(tasks.map((task) => task.id).toSorted())
  // Both really raced: each won some, and every loser was told the holder.
  for (const result of results) {
    expect(result.won.length).toBeGreaterThan(0)
    expect(result.lostWithHolder).toBe(result.lost)
  }
  expect(won.length + results.reduce((sum, result) => sum + result.lost, 0)).toBe(tasks.length * agents.length * 2)
  for (const task of tasks) expect((await engine.tasks.get({ taskId: task.id })).checkout?.fence).toBe(1)
  await engine.stop()
})
