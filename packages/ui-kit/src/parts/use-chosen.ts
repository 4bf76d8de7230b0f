import { useState } from 'react'

/** What of a list is chosen, by its ids. */
export function useChosen() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const toggle = (id: string) =>
    setChosen((before) => (before.has(id) ? new Set([...before].filter((each) => each !== id)) : new Set([...before, id])))
  return { chosen, toggle, clear: () => setChosen(new Set()) }
}
