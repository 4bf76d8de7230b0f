import type { Screen } from './screen.ts'

/** Stops at SIGINT or SIGTERM, and resolves when that is done; a second signal ends the process at once. */
export function stopOnSignal(screen: Screen, stop: () => Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    let isStopping = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (isStopping) process.exit(signal === 'SIGINT' ? 130 : 143)
      isStopping = true
      screen.print('\nStopping: no new work, live runs end or are handed back. Once more to stop at once.')
      stop().then(() => {
        screen.print('Stopped.')
        resolve()
      }, reject)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
