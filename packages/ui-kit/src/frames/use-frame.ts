import { useEffect, useReducer, useRef, type RefObject } from 'react'

import type { Client } from '@engine/client'
import type { FrameContext, FrameEvent, PluginSlot } from '@engine/core/contract'

import { useEngine } from '../data/provider.tsx'
import { isAbout, type Happening } from '../data/touches.ts'
import { openBridge, type Bridge } from './bridge.ts'
import { readReady } from './messages.ts'
import { onThemeChange, themeOf } from './theme.ts'

/** `silent`: it has not said that it is ready for a while. What follows `ready` is final: the page is not shown any more. */
export type FrameState = 'opening' | 'silent' | 'ready' | 'foreign' | 'flooding' | 'left'

/** What a page is told of where it is; what the board itself knows is added. */
export type Beside = Pick<FrameContext, 'taskId' | 'agentId'>

const patienceMs = 5_000

/** What a page is after it did something else; one that was taken off stays off, and only one that is still to come can be late. Pure. */
export function nextState(now: FrameState, to: FrameState): FrameState {
  const isOff = now === 'foreign' || now === 'flooding' || now === 'left'
  return isOff || (to === 'silent' && now !== 'opening') ? now : to
}

interface Framed {
  readonly slot: PluginSlot
  readonly beside: Beside
  onHeight(height: number): void
}

interface Shown {
  readonly state: FrameState
  /** Of the iframe: a page is loaded once, and one that leads its frame elsewhere is none of ours. */
  onLoad(): void
}

/** Talks with the page in an iframe for as long as that is shown. */
export function useFrame(frame: RefObject<HTMLIFrameElement | null>, { slot, beside, onHeight }: Framed): Shown {
  const { client, companyId, hear } = useEngine()
  const [state, become] = useReducer(nextState, 'opening')
  const loads = useRef(0)
  const { plugin, slot: place } = slot
  const { taskId, agentId } = beside
  const newest = useRef({ onHeight, slot })
  useEffect(() => {
    newest.current = { onHeight, slot }
  })
  useEffect(() => {
    const element = frame.current
    if (!element) return undefined
    return talk(element, {
      client,
      where: { companyId, plugin, slot: place, taskId, agentId },
      operations: newest.current.slot.operations,
      hear,
      onHeight: (height) => newest.current.onHeight(height),
      onState: become,
    })
  }, [frame, client, companyId, plugin, place, taskId, agentId, hear])
  const onLoad = () => {
    loads.current += 1
    if (loads.current > 1) become('left')
  }
  return { state, onLoad }
}

interface Talk {
  readonly client: Client
  readonly where: Omit<FrameContext, 'locale' | 'theme'>
  readonly operations: PluginSlot['operations']
  readonly hear: (listener: (event: Happening | null) => void) => () => void
  onHeight(height: number): void
  onState(state: FrameState): void
}

/** @returns what ends it */
function talk(element: HTMLIFrameElement, { client, where, operations, hear, onHeight, onState }: Talk): () => void {
  let bridge: Bridge | null = null
  const late = setTimeout(() => onState('silent'), patienceMs)
  const onMessage = ({ source, data, ports }: MessageEvent) => {
    // Who else sends messages to this window is not this page; and it says once that it is ready.
    if (bridge || source === null || source !== element.contentWindow) return
    const ready = readReady(data, ports)
    if (!ready) return
    clearTimeout(late)
    if (!ready.isSpoken) return onState('foreign')
    const context = { ...where, locale: navigator.language, theme: themeOf(element) }
    bridge = openBridge({ port: ready.port, client, context, operations, onHeight, onFlood: () => onState('flooding') })
    onState('ready')
  }
  addEventListener('message', onMessage)
  const unhear = hear((event) => {
    if (event === null) bridge?.changed(null)
    else if (concerns(event, where)) bridge?.changed(toFrameEvent(event))
  })
  const unwatch = onThemeChange(element, () => bridge?.wear(themeOf(element)))
  return () => {
    clearTimeout(late)
    removeEventListener('message', onMessage)
    unhear()
    unwatch()
    bridge?.close()
  }
}

/** Whether an event is of the plugin, and not about another task or agent than the one that its page stands beside. */
function concerns(event: Happening, { plugin, taskId, agentId }: Talk['where']): boolean {
  const things = { ...(taskId !== null && { taskId }), ...(agentId !== null && { agentId }) }
  return event.type.startsWith(`${plugin}.`) && isAbout(event, things)
}

function toFrameEvent({ type, entity, data }: Happening): FrameEvent {
  return { type, entity: { type: entity.type, id: entity.id }, data }
}
