/** Where pages of one server in one browser tell each other that they are looked at. */
const channelName = 'engine.shown'

/**
 * Does `work` while the page is shown, and anew each time that it is shown again. A browser has six connections to one server over HTTP/1.1, so
 * pages that nobody sees let go of theirs: those that were left, which it keeps so that going back is quick, and those of other tabs
 * once one of them is looked at. The last one that was looked at goes on, also while its people are elsewhere.
 * @param work ends with the signal that it is given; when it ends earlier, nothing begins anew
 */
export async function whileShown(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  if (isHidden()) await untilShown(signal)
  while (!signal.aborted) {
    const left = new AbortController()
    let shownAgain = Promise.resolve()
    const stop = watch(() => {
      // From now on: the page may be shown again before the work has ended.
      shownAgain = untilShown(signal)
      left.abort()
    })
    try {
      await work(AbortSignal.any([signal, left.signal]))
    } catch (error) {
      // What was broken off because the page was left has not failed.
      if (!left.signal.aborted) throw error
    } finally {
      stop()
    }
    if (!left.signal.aborted) return
    await shownAgain
  }
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden'
}

async function untilShown(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = new AbortController()
  const listening = { signal: done.signal }
  globalThis.addEventListener?.('pageshow', () => resolve(), listening)
  globalThis.document?.addEventListener('visibilitychange', () => isHidden() || resolve(), listening)
  signal.addEventListener('abort', () => resolve(), listening)
  if (!signal.aborted) await promise
  done.abort()
}

/** Tells the others when this page is looked at, and calls `leave`, once, when it is left, or hidden while another one is looked at. */
function watch(leave: () => void): () => void {
  const done = new AbortController()
  const listening = { signal: done.signal }
  const channel = globalThis.document && new BroadcastChannel(channelName)
  // An open channel may keep a browser from keeping the page.
  done.signal.addEventListener('abort', () => channel?.close())
  const end = () => {
    done.abort()
    leave()
  }
  const tell = () => isHidden() || channel?.postMessage(null)
  globalThis.addEventListener?.('pagehide', end, listening)
  globalThis.document?.addEventListener('visibilitychange', tell, listening)
  channel?.addEventListener('message', () => isHidden() && end(), listening)
  tell()
  return () => done.abort()
}
