import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { Socket } from 'node:net'

import { onLine, sendLine, type LaunchRequest, type ToShim } from './control.ts'
import { endTree, identifyLeader, type ProcessTree, type TreeLeader } from './tree.ts'

/*
 * Stands between the host and one program, so that the program's processes end when the host does, killed outright
 * included: the kernel closes the host's end of descriptor 3, which no code of the host has to live for.
 */

const control = new Socket({ fd: 3, readable: true, writable: true })
let request: LaunchRequest | null = null
let leader: TreeLeader | null = null
let isEnding = false

control.on('error', () => void finish())
control.on('close', () => void finish())
onLine<ToShim>(control, (message) => {
  if (message.type === 'stop') void finish()
  else launch(message)
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void finish())
process.on('uncaughtException', (error) => abandon(error))
// Own complaints share the program's stderr, whose reader may be gone.
process.stderr.on('error', () => undefined)

function launch(message: LaunchRequest): void {
  request = message
  const { command, args, cwd, environment } = message
  try {
    const program = spawn(command, args, { cwd, env: environment, shell: false, detached: true, windowsHide: true, stdio: 'inherit' })
    program.on('error', (error) => refuse(message, error))
    program.on('exit', (code, signal) => {
      sendLine(control, { type: 'exited', code, signal })
      void finish()
    })
    if (program.pid === undefined) return
    leader = identifyLeader(program.pid)
    sendLine(control, { type: 'started', ...leader })
  } catch (error) {
    refuse(message, error instanceof Error ? error : new Error(String(error)))
  }
}

/** A missing folder and a missing program are the same ENOENT to spawn. */
function refuse(message: LaunchRequest, error: NodeJS.ErrnoException): void {
  const isFolder = statSync(message.cwd, { throwIfNoEntry: false })?.isDirectory() ?? false
  const code = isFolder ? (error.code ?? 'UNKNOWN') : 'CWD'
  sendLine(control, { type: 'not_started', code, message: error.message })
  void finish()
}

/** Once, whatever asks for it first: a stop, the host's end, or the program's own exit. */
async function finish(): Promise<void> {
  if (isEnding) return
  isEnding = true
  const survivors = request ? await endTree(treeOf(request), request.graceMs) : []
  sendLine(control, { type: 'ended', survivors })
  control.end(() => process.exit(0))
  control.on('close', () => process.exit(0))
  if (control.destroyed) process.exit(0)
}

/** A defect of the shim must not free the program: what is known of it is killed, the rest is for the host to sweep. */
function abandon(error: Error): never {
  if (leader && process.platform !== 'win32') {
    try {
      process.kill(-leader.pid, 'SIGKILL')
    } catch {
      // Nobody of the group is left.
    }
  }
  process.stderr.write(`engine: the supervisor of this program failed: ${error.stack ?? error.message}\n`)
  process.exit(1)
}

function treeOf(message: LaunchRequest): ProcessTree {
  return { runId: message.runId, leader }
}
