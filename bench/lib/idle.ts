import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export type IdleMessage = { readonly kind: 'begin' } | { readonly kind: 'end'; readonly seconds: number; readonly cpuUs: number }

/** Milliseconds of CPU in a second. */
export interface IdleCost {
  readonly client: number
  /** Null without a server, and where the system does not tell. */
  readonly server: number | null
}

interface Place {
  readonly family: 'sqlite' | 'postgres'
  /** A path or a URL. */
  readonly place: string
  readonly serverCpuUs?: () => number | null
}

/** What an engine costs that has nothing to do, in a process of its own: what else was measured here leaves garbage that is collected later. */
export async function measureIdle({ family, place, serverCpuUs = () => null }: Place): Promise<IdleCost> {
  const child = fork(join(import.meta.dirname, 'idle-process.ts'), [family, place], { execArgv: ['--conditions=engine-source'] })
  const ended = once(child, 'exit')
  const measured = Promise.withResolvers<IdleCost>()
  let startedUs: number | null = null
  child.on('message', (message: IdleMessage) => {
    if (message.kind === 'begin') {
      startedUs = serverCpuUs()
      return
    }
    const { seconds, cpuUs } = message
    const endedUs = serverCpuUs()
    const perSecond = (us: number) => us / 1_000 / seconds
    measured.resolve({ client: perSecond(cpuUs), server: startedUs === null || endedUs === null ? null : perSecond(endedUs - startedUs) })
  })
  void ended.then(([code]) => measured.reject(new Error(`the idle process ended with ${code}`)))
  const cost = await measured.promise
  await ended
  return cost
}
