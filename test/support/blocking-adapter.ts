import { scriptedAdapter, type ScriptedAdapter } from '@engine/testing'

/** An agent that keeps the event loop of its process from turning, as code in user's hands may. */
export function blockingAdapter(blocksForMs: number): ScriptedAdapter {
  const adapter = scriptedAdapter()
  adapter.script = async ({ signal }) => {
    console.log('STARTED')
    // The line above is on its way before nothing moves any more.
    await new Promise((resolve) => setTimeout(resolve, 50))
    // As a computation would, but leaving the core to whoever else is tested.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blocksForMs)
    await new Promise((resolve) => setTimeout(resolve, 200))
    console.log(`CAME BACK ${signal.aborted ? String(signal.reason) : 'free'}`)
    return { kind: 'done' }
  }
  return adapter
}
