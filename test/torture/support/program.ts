// A program of a torture loop in a process of its own, spoken to by messages. Plain node: no test runner is needed.
import { spawn, type ChildProcess } from 'node:child_process'
import { flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

/** What was compiled once, here or by vitest.config.ts; most programs of a loop live for less time than their compilation takes. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url))

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Program {
  readonly pid: number
  readonly exited: Promise<Exit>
  /** Everything that it printed, which should be nothing. */
  output(): string
  send(message: object): void
  /** The first message of a kind, in the past or to come, that was not given out before. @throws when the program ends without it */
  next<Message>(kind: string, timeoutMs?: number): Promise<Message>
  kill(signal: NodeJS.Signals): void
  /** Ends it outright, if it still runs. */
  end(): Promise<void>
}

interface Told {
  readonly kind: string
}

export interface ProgramOptions {
  /** What the program is to do: it finds this as JSON in its first argument. */
  readonly plan: object
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a TypeScript file of this repository; it should end when it is disconnected from us. */
export function startProgram(file: URL, { plan, env = {} }: ProgramOptions): Program {
  const args = ['--conditions=engine-source', fileURLToPath(file), JSON.stringify(plan)]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: compileCache, ...env },
  })
  let text = ''
  const collect = (chunk: Buffer) => void (text += chunk.toString())
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  // A message to a program that has just died is lost, and that is no news.
  child.on('error', () => undefined)
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  return {
    pid: child.pid ?? 0,
    exited,
    output: () => text,
    send: (message) => void (child.connected && child.send(message, () => undefined)),
    next: createInbox(child, { exited, output: () => text }),
    kill: (signal) => void child.kill(signal),
    async end() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
    },
  }
}

function createInbox(child: ChildProcess, program: Pick<Program, 'exited' | 'output'>): Program['next'] {
  const unread: Told[] = []
  const waiting = new Set<() => void>()
  child.on('message', (message: Told) => {
    unread.push(message)
    for (const look of waiting) look()
  })
  return function next<Message>(kind: string, timeoutMs = 60_000): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(`it did not say ${kind} within ${timeoutMs} ms`), timeoutMs)
      const stop = () => {
        clearTimeout(timer)
        waiting.delete(look)
      }
      const look = () => {
        const index = unread.findIndex((message) => message.kind === kind)
        if (index < 0) return
        stop()
        // The programs of a loop send what their loop expects.
        resolve(unread.splice(index, 1)[0] as Message)
      }
      const fail = (why: string) => {
        stop()
        reject(new Error(`${why}; it printed:\n${program.output()}`))
      }
      waiting.add(look)
      look()
      void program.exited.then(
        ({ code, signal }) => waiting.has(look) && fail(`the program ended (${signal ?? code}) before it said ${kind}`),
      )
    })
  }
}

/** For the program's side: what it was told to do. It ends with its parent. */
export function planOf<Plan>(): Plan {
  // Everything was imported by now; a process that is killed writes no cache at its end.
  flushCompileCache()
  process.on('disconnect', () => process.exit(1))
  // The loop that starts a program writes its plan.
  return JSON.parse(process.argv[2] ?? '{}') as Plan
}

export function tell<Message extends Told>(message: Message): void {
  process.send?.(message)
}

export function onMessage<Message extends Told>(handle: (message: Message) => void): void {
  process.on('message', (message) => handle(message as Message))
}

/** Lets the program end by itself when nothing else keeps it. */
export function hangUp(): void {
  process.removeAllListeners('disconnect')
  process.removeAllListeners('message')
  if (process.connected) process.disconnect()
}
