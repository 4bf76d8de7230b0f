import { useLayoutEffect, useRef } from 'react'

import { isForKeys } from '../parts/use-keys.ts'

const patienceMs = 1_200

/** Two keys after each other, such as `g` and `i`. The second one then means nothing else. */
export function useSequence(first: string, second: Readonly<Record<string, () => void>>): void {
  const current = useRef(second)
  // As soon as the board is seen, its keys are heard.
  useLayoutEffect(() => {
    current.current = second
  })
  useLayoutEffect(() => {
    let armedAt = 0
    const onKey = (event: KeyboardEvent) => {
      if (!isForKeys(event)) return
      const isArmed = event.timeStamp - armedAt < patienceMs && armedAt > 0
      armedAt = !isArmed && event.key === first ? event.timeStamp : 0
      const act = isArmed ? current.current[event.key] : undefined
      if (!act) return
      event.preventDefault()
      event.stopImmediatePropagation()
      act()
    }
    document.addEventListener('keydown', onKey, true)
    return () => document.removeEventListener('keydown', onKey, true)
  }, [first])
}
