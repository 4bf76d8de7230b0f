import { createContext, useContext } from 'react'

export const Floor = createContext<HTMLElement | null>(null)

/** Where a dialog opens: inside the element that our styles hold in. */
export function useFloor(): HTMLElement | null {
  return useContext(Floor)
}
