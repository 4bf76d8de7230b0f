import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

import { onLine, sendLine, type FromShim, type LaunchRequest, type ProgramExit } from './control.ts'
import { shimEnvironment } from './environment.ts'
import { describeNotStarted } from './not-started.ts'
import { endTree, type TreeLeader } from './tree.ts'

/** How a program's process tree came to its end. `survivors` are the processes that even SIGKILL did not end. */
export type ProgramEnd =
  | ({ readonly type: 'exited'; readonly survivors: readonly number[] } & ProgramExit)
  | { readonly type: 'not_started'; readonly isConfigFault: boolean; readonly message: string; readonly survivors: readonly number[] }
  /** The shim died without a word about the program. */
  | { readonly type: 'lost'; readonly survivors: readonly number[] }

// The sources run as they are. The build puts the shim at the root of its folder, and this module there too when several
// entries share it, or else one folder below.
const shimPlaces = import.meta.url.endsWith('.ts') ? ['./shim.ts'] : ['./shim.js', '../shim.js']
const shimPath = firstExisting(shimPlaces.map((place) => fileURLToPath(new URL(place, import.meta.url))))
/** What the shim may take longer than the grace before the host does its work instead. */
const shimSlackMs = 3_000

/** Starts the program under a shim. @throws when not even the shim can be started, as on a machine without free processes. */
export async function supervise(request: LaunchRequest): Promise<SupervisedProgram> {
  const shim = spawn(process.execPath, ['--no-warnings', shimPath], {
    shell: false,
    // Its own session: a Ctrl+C at the host's terminal is for the host, which then stops its programs with their grace.
    detached: true,
    windowsHide: true,
    env: shimEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  if (shim.pid === undefined) {
    const [error] = await once(shim, 'error')
    throw error
  }
  shim.on('error', () => undefined)
  return new SupervisedProgram(shim, request)
}

/** One program with all of its descendants, seen from the host. */
export class SupervisedProgram {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when nothing of the tree is left; never rejects for anything that the program does. */
  readonly ended: Promise<ProgramEnd>
  readonly #shim: ChildProcess
  readonly #control: Socket
  readonly #request: LaunchRequest
  #leader: TreeLeader | null = null
  #ownEnd: ProgramEnd | null = null
  #survivors: readonly number[] | null = null
  #overdueTimer: NodeJS.Timeout | null = null
  #isOverdue = false

  constructor(shim: ChildProcess, request: LaunchRequest) {
    const { stdin, stdout, stderr } = shim
    const control = shim.stdio[3]
    if (!stdin || !stdout || !stderr || !(control instanceof Socket)) throw new Error('The shim was started without its pipes.')
    for (const stream of [stdin, stdout, stderr, control]) stream.on('error', () => undefined)
    this.stdin = stdin
    this.stdout = stdout
    this.stderr = stderr
    this.#shim = shim
    this.#control = control
    this.#request = request
    onLine<FromShim>(control, (message) => this.#receive(message))
    this.ended = this.#finish()
    sendLine(control, request)
  }

  /** True from the moment that the program's own end is known, while leftovers of it may still be ended. */
  get hasExited(): boolean {
    return this.#ownEnd !== null
  }

  /** Asks the whole tree to end: SIGTERM, the grace, SIGKILL. Again is the same as once. */
  stop(): void {
    sendLine(this.#control, { type: 'stop' })
    this.#expectEnd()
  }

  #receive(message: FromShim): void {
    if (message.type === 'started') this.#leader = { pid: message.pid, startTime: message.startTime }
    if (message.type === 'exited') this.#ownEnd = { type: 'exited', code: message.code, signal: message.signal, survivors: [] }
    if (message.type === 'not_started') this.#ownEnd = { type: 'not_started', ...describeNotStarted(message, this.#request), survivors: [] }
    if (message.type === 'ended') this.#survivors = message.survivors
    else if (message.type !== 'started') this.#expectEnd()
  }

  /** A shim that was itself stopped or starved must not keep a run open: from here on its time is limited. */
  #expectEnd(): void {
    this.#overdueTimer ??= setTimeout(() => {
      this.#isOverdue = true
      this.#shim.kill('SIGKILL')
    }, this.#request.graceMs + shimSlackMs)
  }

  async #finish(): Promise<ProgramEnd> {
    // Not events.once: that would reject on an 'error', and a reset connection is one more way to close.
    const controlClosed = new Promise((resolve) => this.#control.once('close', resolve))
    await new Promise((resolve) => this.#shim.once('exit', resolve))
    // Its last words can still be on their way when its exit is known.
    const closing = setTimeout(() => this.#control.destroy(), 1_000)
    await controlClosed
    clearTimeout(closing)
    if (this.#overdueTimer) clearTimeout(this.#overdueTimer)
    const tree = { runId: this.#request.runId, leader: this.#leader }
    const survivors = this.#survivors ?? (await endTree(tree, this.#isOverdue ? 0 : this.#request.graceMs))
    this.stdin.destroy()
    return { ...(this.#ownEnd ?? { type: 'lost' }), survivors }
  }
}

function firstExisting(paths: readonly string[]): string {
  const path = paths.find((candidate) => existsSync(candidate))
  if (path === undefined)
    throw new Error(`The supervisor of programs is missing: ${paths.join(' or ')}. Do not bundle this package; leave it external.`)
  return path
}
