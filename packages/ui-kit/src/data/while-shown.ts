/**
 * Does `work` while the page is shown, and anew each time that it is shown again. A browser keeps a page that was left, with its open
 * connections, so that going back is quick, and it has six connections to one server: pages that nobody sees would keep the next one waiting.
 * @param work ends with the signal that it is given; when it ends earlier, nothing begins anew
 */
export async function whileShown(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const left = new AbortController()
    const shownAgain = Promise.withResolvers<void>()
    const done = new AbortController()
    const whenLeft = () => {
      left.abort()
      globalThis.addEventListener?.('pageshow', () => shownAgain.resolve(), { once: true, signal })
    }
    globalThis.addEventListener?.('pagehide', whenLeft, { once: true, signal: done.signal })
    try {
      await work(AbortSignal.any([signal, left.signal]))
    } catch (error) {
      // What was broken off because the page was left has not failed.
      if (!left.signal.aborted) throw error
    } finally {
      done.abort()
    }
    if (!left.signal.aborted) return
    await shownAgain.promise
  }
}
