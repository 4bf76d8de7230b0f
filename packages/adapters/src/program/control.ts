import { createInterface } from 'node:readline'
import type { Socket } from 'node:net'

// The talk between host and shim over file descriptor 3: one JSON value a line. Node built-ins only: the shim loads it.

export type ToShim = LaunchRequest | { readonly type: 'stop' }

/** Travels over the descriptor, not over argv or the shim's environment, because both are readable by other users. */
export interface LaunchRequest {
  readonly type: 'launch'
  readonly runId: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly graceMs: number
}

export type FromShim =
  | { readonly type: 'started'; readonly pid: number; readonly startTime: string | null }
  | { readonly type: 'not_started'; readonly code: string; readonly message: string }
  | ({ readonly type: 'exited' } & ProgramExit)
  /** Nothing but `survivors` is left; the shim's last word. */
  | { readonly type: 'ended'; readonly survivors: readonly number[] }

export interface ProgramExit {
  readonly code: number | null
  readonly signal: string | null
}

export function sendLine(socket: Socket, message: ToShim | FromShim): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`)
}

export function onLine<Message extends ToShim | FromShim>(socket: Socket, receive: (message: Message) => void): void {
  const lines = createInterface({ input: socket, crlfDelay: Infinity })
  // Readline repeats its input's errors; a reset connection is told by the socket's own 'close'.
  lines.on('error', () => undefined)
  // The cast is safe: the program never gets descriptor 3, so the other end is ours and of the same version.
  lines.on('line', (line) => receive(JSON.parse(line) as Message))
}
