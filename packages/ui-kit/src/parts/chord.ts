import type { KeyboardEvent as ReactKeyboardEvent } from 'react'

const onApple = /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? '')

/** How a key is called together with the one that makes it a command: ⌘ on what Apple makes, Ctrl elsewhere. */
export const chord = (key: string): string => (onApple ? `⌘${key}` : `Ctrl ${key}`)

/** Whether that was pressed. */
export function isChord(event: KeyboardEvent | ReactKeyboardEvent, key: string): boolean {
  return event.key === key && (event.metaKey || event.ctrlKey)
}
