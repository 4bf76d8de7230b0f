import { useState, type ReactNode } from 'react'

import { Floor } from './floor.tsx'
import { ToastRoot } from './toasts.tsx'

export type Theme = 'system' | 'light' | 'dark'

/** The element that our styles hold in; dialogs and menus open inside it too, so nothing of them reaches the page around. */
export function EngineRoot({ theme = 'system', children }: { theme?: Theme; children: ReactNode }) {
  const [floor, setFloor] = useState<HTMLElement | null>(null)
  return (
    <div className="eng-root" data-theme={theme} ref={setFloor}>
      <Floor.Provider value={floor}>
        <ToastRoot>{children}</ToastRoot>
      </Floor.Provider>
    </div>
  )
}
