import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Knows which connections have brought the token. */
export interface Doorway {
  /** From now on nobody else takes its place. */
  admit(socket: Socket): void
}

/**
 * Keeps the connections of a server to a number. Whoever is on this machine may open some, so the oldest that has not brought the token
 * makes room for a new one: who holds connections open keeps nobody out who has it.
 */
export function watchDoorway(server: Server, most: number): Doorway {
  const open = new Set<Socket>()
  const strangers = new Set<Socket>()

  function forget(socket: Socket): void {
    open.delete(socket)
    strangers.delete(socket)
  }

  server.on('connection', (socket: Socket) => {
    open.add(socket)
    strangers.add(socket)
    socket.once('close', () => forget(socket))
    if (open.size <= most) return
    // Where all others have brought it, that is the new one.
    const [oldest = socket] = strangers
    forget(oldest)
    oldest.destroy()
  })
  return { admit: (socket) => void strangers.delete(socket) }
}
