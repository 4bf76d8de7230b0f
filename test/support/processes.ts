import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'

export interface Program {
  readonly child: ChildProcess
  /** Everything it printed so far. */
  output(): string
  /** Resolves with what it printed once that matches. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Whether a process runs; a zombie does not. */
export function isAlive(pid: string): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

interface Start {
  readonly args?: readonly string[]
  readonly cwd?: string
  readonly env?: Record<string, string>
}

/** Runs a TypeScript file of this repository in a process of its own; it is killed when the test is over. */
export function startProgram(file: URL, { args = [], cwd, env = {} }: Start = {}): Program {
  const child = spawn(process.execPath, ['--conditions=engine-source', fileURLToPath(file), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    ...(cwd !== undefined && { cwd }),
  })
  let text = ''
  const waiting = new Set<() => void>()
  const collect = (chunk: Buffer) => {
    text += chunk.toString()
    for (const look of waiting) look()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal })
      for (const look of waiting) look()
    })
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exited
  })
  return { child, exited, output: () => text, printed: (pattern, timeoutMs = 50_000) => wait(pattern, timeoutMs) }

  function wait(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const finish = (end: () => void) => {
        clearTimeout(timer)
        waiting.delete(look)
        end()
      }
      const look = () => {
        const match = pattern.exec(text)
        if (match) finish(() => resolve(match))
        else if (child.exitCode !== null || child.signalCode !== null)
          finish(() => reject(new Error(`it ended before it printed ${pattern}:\n${text}`)))
      }
      const timer = setTimeout(
        () => finish(() => reject(new Error(`it did not print ${pattern} within ${timeoutMs} ms:\n${text}`))),
        timeoutMs,
      )
      waiting.add(look)
      look()
    })
  }
}
