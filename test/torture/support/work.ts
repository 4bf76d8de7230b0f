// What workers of torture loops do in a run, wherever they run.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

import type { Random, Script } from '@engine/testing'

/** Something that a run did outside the database, where no transaction takes it back. */
export interface Effect {
  /** The key that an adapter hands to the world, so that it can be done once. */
  readonly key: string
  readonly taskId: string
  readonly runId: string
  readonly fence: number
}

export interface Work {
  /** Gets one line for each effect. */
  readonly effects: string
  /** The longest that a run works, milliseconds. */
  readonly workMs: number
  readonly random: Random
}

/** Works in small steps, does the one that counts outside the database, and says that it is done. */
export function workingScript({ effects, workMs, random }: Work): Script {
  return async (turn) => {
    const { run, task } = turn.context
    await turn.emit({ type: 'log', stream: 'stdout', text: 'begun' })
    await turn.emit({ type: 'progress', percent: 10 })
    await pause(random.int(workMs + 1), turn.signal)
    if (turn.signal.aborted) return { kind: 'failed', class: 'transient', message: 'told to stop' }
    const effect: Effect = { key: `${run.id}:work`, taskId: task.id, runId: run.id, fence: run.fence }
    appendFileSync(effects, `${JSON.stringify(effect)}\n`)
    await turn.emit({ type: 'comment', body: 'did it' })
    return { kind: 'done' }
  }
}

/** The same as a program: reads the context of its run from stdin, and ends well. */
export const workingProgram = `
let text = ''
process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => {
  const { run, task } = JSON.parse(text)
  setTimeout(() => {
    const effect = { key: run.id + ':work', taskId: task.id, runId: run.id, fence: run.fence }
    require('fs').appendFileSync(process.env.EFFECTS, JSON.stringify(effect) + '\\n')
    console.log('did it')
  }, 20)
})`

export function readEffects(file: string): Effect[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  // Only the scripts above write into it.
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Effect)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  })
}
