import { useLayoutEffect, useRef } from 'react'

import type { OperationName } from '../data/operations.ts'
import { useMay } from '../data/provider.tsx'

type Act = () => void

/** What keys do; beside what it leads to where not everybody may: for whoever may not, the key does nothing. */
export type Keys = Readonly<Record<string, Act | readonly [OperationName, Act]>>

const walking = new Set(['j', 'k', 'ArrowDown', 'ArrowUp'])

/** Whether somebody is writing: then a letter is a letter. */
function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && !isTick(target)
}

function isTick(target: HTMLElement): boolean {
  return target instanceof HTMLInputElement && ['checkbox', 'radio'].includes(target.type)
}

/** Enter presses these. */
function isPressed(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('a, button, summary, [role=tab]') !== null
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role=dialog], [role=menu]') !== null
}

/** Whether a key is for the screen: nobody writes, no dialog is open, and no modifier makes it something else. */
export function isForKeys(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return false
  return !isWriting(event.target) && !isInDialog(event.target)
}

/** Single keys that do something while a screen is shown; never while somebody writes, and never with a modifier. */
export function useKeys(keys: Keys): void {
  const may = useMay()
  const offered = Object.fromEntries(Object.entries(keys).map(([key, act]) => [key, actOf(act, may)]))
  const current = useRef(offered)
  // As soon as something is seen, its keys are heard, and those of what stood there before are not.
  useLayoutEffect(() => {
    current.current = offered
  })
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isForKeys(event) || (event.key === 'Enter' && isPressed(event.target))) return
      const act = current.current[event.key]
      // A key that is held down walks through a list, and decides once.
      if (!act || (event.repeat && !walking.has(event.key))) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

function actOf(act: Keys[string], may: (operation: OperationName) => boolean): Act | null {
  if (typeof act === 'function') return act
  const [operation, allowed] = act
  return may(operation) ? allowed : null
}
