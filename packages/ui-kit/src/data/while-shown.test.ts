import { setImmediate as turn } from 'node:timers/promises'

import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { whileShown } from './while-shown.ts'

type Sight = 'visible' | 'hidden'

/** As much of a browser as is asked for here. */
class Page extends EventTarget {
  visibilityState: Sight = 'visible'

  turn(state: Sight): void {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

let page: Page
let window: EventTarget
let stop: AbortController
/** Another page of the same server, and what it heard. */
let other: BroadcastChannel
let heard: unknown[]

beforeEach(() => {
  page = new Page()
  window = new EventTarget()
  stop = new AbortController()
  other = new BroadcastChannel('engine.shown')
  heard = []
  other.addEventListener('message', ({ data }) => heard.push(data))
  vi.stubGlobal('document', page)
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
})

afterEach(() => {
  stop.abort()
  other.close()
  vi.unstubAllGlobals()
})

/** Work that goes on until it is told to end, and then for as long as `ending` says. */
function work(ending: () => Promise<void> = async () => {}) {
  const seen = { begun: 0, told: 0, ended: 0 }
  void whileShown(stop.signal, async (signal) => {
    seen.begun += 1
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    seen.told += 1
    await ending()
    seen.ended += 1
  })
  return seen
}

/** Until everything is done that was to be done at once, and what channels carry has come. */
async function settle(): Promise<void> {
  const [from, to] = [new BroadcastChannel('settle'), new BroadcastChannel('settle')]
  const come = new Promise((resolve) => to.addEventListener('message', resolve, { once: true }))
  from.postMessage(null)
  await come
  await turn()
  from.close()
  to.close()
}

it('does not begin in a page that is opened behind another one, also once that is loaded', async () => {
  page.visibilityState = 'hidden'
  const seen = work()
  await settle()
  window.dispatchEvent(new Event('pageshow'))
  await settle()
  expect(seen.begun).toBe(0)
  page.turn('visible')
  await vi.waitUntil(() => seen.begun === 1)
})

it('ends once in a page that is left, and begins anew when that is shown again', async () => {
  const seen = work()
  await vi.waitUntil(() => seen.begun === 1)
  window.dispatchEvent(new Event('pagehide'))
  await settle()
  page.turn('hidden')
  await settle()
  expect(seen).toEqual({ begun: 1, told: 1, ended: 1 })
  page.visibilityState = 'visible'
  window.dispatchEvent(new Event('pageshow'))
  await vi.waitUntil(() => seen.begun === 2)
})

it('ends in a hidden page once another is shown, and waits on where it was shown for less time than its end took', async () => {
  const end = Promise.withResolvers<void>()
  const seen = work(() => end.promise)
  await vi.waitUntil(() => heard.length === 1)
  page.turn('hidden')
  await settle()
  expect(seen.told).toBe(0)
  other.postMessage(heard[0] === 1 ? 2 : 1)
  await vi.waitUntil(() => seen.told === 1)
  page.turn('visible')
  page.turn('hidden')
  end.resolve()
  await vi.waitUntil(() => seen.ended === 1)
  await settle()
  expect(seen.begun).toBe(1)
  page.turn('visible')
  await vi.waitUntil(() => seen.begun === 2)
})

it('ends also where the page is hidden later than the other one is shown: it asks, and who is shown answers', async () => {
  const seen = work()
  await vi.waitUntil(() => heard.length === 1)
  other.postMessage(0)
  await settle()
  page.turn('hidden')
  await vi.waitUntil(() => heard.length === 2)
  expect(seen.told).toBe(0)
  const asked = heard[1]
  other.postMessage(0)
  await vi.waitUntil(() => seen.told === 1)
  page.turn('visible')
  await vi.waitUntil(() => seen.begun === 2)
  const before = heard.length
  other.postMessage(asked)
  await vi.waitUntil(() => heard.length > before)
  expect(heard.at(-1)).toEqual(heard[0])
})

it('hears nothing of another page in what its own one says', async () => {
  const [first, second] = [work(), work()]
  await vi.waitUntil(() => first.begun + second.begun === 2)
  await settle()
  page.turn('hidden')
  page.turn('visible')
  page.turn('hidden')
  await settle()
  expect(first.told + second.told).toBe(0)
})

it('goes on by itself where a browser lets no page hear of another', async () => {
  vi.stubGlobal('BroadcastChannel', function refused() {
    throw new DOMException('Storage access denied.', 'SecurityError')
  })
  const seen = work()
  await vi.waitUntil(() => seen.begun === 1)
  window.dispatchEvent(new Event('pagehide'))
  await vi.waitUntil(() => seen.ended === 1)
  window.dispatchEvent(new Event('pageshow'))
  await vi.waitUntil(() => seen.begun === 2)
})
