/** Where pages of one server in one browser tell each other that they are looked at. */
const channelName = 'engine.shown'
/** Which page says so: it has as many channels as things that it does while it is shown, and they hear each other too. */
const thisPage = Math.random()
/** Said by a page that is hidden now: whoever is looked at says so again, also where that one had said it before this one was hidden. */
const whoIsShown = 'who'

/**
 * Does `work` while the page is shown, and anew each time that it is shown again. A browser has six connections to one server over HTTP/1.1, so
 * pages that nobody sees let go of theirs: those that were left, which it keeps so that going back is quick, and those of other tabs
 * once one of them is looked at. The last one that was looked at goes on, also while its people are elsewhere.
 * @param work ends with the signal that it is given; when it ends earlier, nothing begins anew
 */
export async function whileShown(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  let shownAgain = Promise.resolve()
  for (;;) {
    await shownAgain
    // It may be hidden by now, as when its people only went by on their way to another tab.
    while (isHidden() && !signal.aborted) await untilShown(signal)
    if (signal.aborted) return
    const left = new AbortController()
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
  }
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden'
}

async function untilShown(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = new AbortController()
  const listening = { signal: done.signal }
  // A page that is opened behind another one is “shown” too, once it is loaded.
  const look = () => isHidden() || resolve()
  globalThis.addEventListener?.('pageshow', look, listening)
  globalThis.document?.addEventListener('visibilitychange', look, listening)
  signal.addEventListener('abort', () => resolve(), listening)
  if (!signal.aborted) await promise
  done.abort()
}

/** Tells the others when this page is looked at, and calls `leave`, once, when it is left, or hidden while another one is looked at. */
function watch(leave: () => void): () => void {
  const done = new AbortController()
  const listening = { signal: done.signal }
  const channel = openChannel()
  // An open channel may keep a browser from keeping the page.
  done.signal.addEventListener('abort', () => channel?.close())
  const end = () => {
    done.abort()
    leave()
  }
  const tell = () => channel?.postMessage(isHidden() ? whoIsShown : thisPage)
  const hear = ({ data }: { data: unknown }) => {
    if (data === whoIsShown) return isHidden() || tell()
    if (data !== thisPage && isHidden()) end()
  }
  globalThis.addEventListener?.('pagehide', end, listening)
  globalThis.document?.addEventListener('visibilitychange', tell, listening)
  channel?.addEventListener('message', hear, listening)
  tell()
  return () => done.abort()
}

/** Null outside of browsers, and where one keeps pages from each other, as Firefox does without cookies: each is then on its own. */
function openChannel(): BroadcastChannel | null {
  try {
    return globalThis.document ? new BroadcastChannel(channelName) : null
  } catch {
    return null
  }
}
