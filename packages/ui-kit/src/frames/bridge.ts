import { EngineError, type Client } from '@engine/client'
import type { FrameContext, FrameEvent, FrameProblem, FrameTheme, FromFrame, PluginSlot, ToFrame } from '@engine/core/contract'

import { readMessage } from './messages.ts'
import { createMeter } from './meter.ts'

/** How many questions of one page may be under way. */
const mostOpen = 8
/** More than a page sends that reads again after each of many events; one that sends more is taken off. */
const pace = { perSecond: 200, burst: 500 }

interface Bridged {
  readonly port: MessagePort
  readonly client: Client
  readonly context: FrameContext
  readonly operations: PluginSlot['operations']
  onHeight(height: number): void
  /** Told once that the page sent too much; it is not heard any more. */
  onFlood(): void
}

/** The board's side of one page. */
export interface Bridge {
  wear(theme: FrameTheme): void
  changed(event: FrameEvent | null): void
  /** Hears nothing any more; answers that are under way go nowhere. */
  close(): void
}

/** Lets a page have its own operations carried out, as whoever is signed in, in the company that is looked at. */
export function openBridge({ port, client, context, operations, onHeight, onFlood }: Bridged): Bridge {
  const over = new AbortController()
  const meter = createMeter(pace)
  let open = 0
  const send = (message: ToFrame) => void (over.signal.aborted || port.postMessage(message))
  const close = () => {
    over.abort()
    port.close()
  }

  async function answer({ id, operation, input }: Extract<FromFrame, { type: 'ask' }>): Promise<void> {
    if (open >= mostOpen) return send({ type: 'answer', id, problem: tooMany })
    open += 1
    try {
      const value = await carryOut({ client, context, operations }, { operation, input, signal: over.signal })
      send({ type: 'answer', id, value })
    } catch (error) {
      send({ type: 'answer', id, problem: problemOf(error) })
    } finally {
      open -= 1
    }
  }

  port.addEventListener('message', ({ data }) => {
    if (over.signal.aborted) return
    if (!meter.takes(performance.now())) {
      close()
      onFlood()
      return
    }
    const message = readMessage(data)
    if (message?.type === 'height') onHeight(message.height)
    else if (message?.type === 'unfit') send({ type: 'answer', id: message.id, problem: unfit })
    else if (message) void answer(message)
  })
  port.start()
  send({ type: 'context', context })
  return { wear: (theme) => send({ type: 'theme', theme }), changed: (event) => send({ type: 'changed', event }), close }
}

type Means = Pick<Bridged, 'client' | 'context' | 'operations'>

/** Only what stands in the list of its plugin has a name here, and the company is never the page's to say. */
function carryOut(
  { client, context, operations }: Means,
  asked: { operation: string; input: object; signal: AbortSignal },
): Promise<unknown> {
  const { plugin, companyId } = context
  const name = `${plugin}.${asked.operation}`
  const own = operations.find((each) => each.name === name)
  if (!own) {
    const message = `A page of ${plugin} asked for "${asked.operation.slice(0, 100)}", which is no operation of ${plugin} with a route.`
    throw new EngineError(message, { code: 'capability_denied', kind: 'denied', details: { plugin } })
  }
  return client.execute(name, { ...asked.input, companyId }, { route: own.route, signal: asked.signal })
}

const unfit: FrameProblem = {
  code: 'invalid_input',
  kind: 'invalid',
  message: 'An input is an object that JSON can carry, of 256 KiB at most, and an operation is named by a text.',
  details: {},
}

const tooMany: FrameProblem = {
  code: 'rate_limited',
  kind: 'limited',
  message: `${mostOpen} questions of this page are under way. Ask again when one of them is answered.`,
  details: {},
}

function problemOf(error: unknown): FrameProblem {
  if (!EngineError.isInstance(error)) return { code: 'internal', kind: 'internal', message: String(error), details: {} }
  const { code, kind, message, details } = error
  return { code, kind, message, details }
}
