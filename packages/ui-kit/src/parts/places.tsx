import { createContext, useCallback, useContext, useMemo, useState, type MouseEvent, type ReactNode } from 'react'

/** Everything that has an address of its own. */
export type Place =
  | { readonly screen: 'dashboard' | 'inbox' | 'tasks' | 'agents' | 'approvals' | 'activity' }
  | { readonly screen: 'budgets' | 'costs' | 'routes' | 'deliveries' | 'members' | 'plugins' | 'settings' }
  | { readonly screen: 'task'; readonly taskId: string }
  | { readonly screen: 'run'; readonly runId: string }
  | { readonly screen: 'agent'; readonly agentId: string }

type Choices = Readonly<Record<string, string>>

/** What an app that shows our components knows of addresses. */
export interface Places {
  /** Where a place is; null when the app does not show it, and then it is no link. */
  hrefOf(place: Place): string | null
  go(place: Place): void
  /** What the address says of filters and the like; kept by the component itself when left out. */
  readonly choices?: { readonly now: Choices; set(change: Choices): void }
}

const nowhere: Places = { hrefOf: () => null, go: () => undefined }
const Context = createContext<Places>(nowhere)

export function PlacesProvider({ places, children }: { places: Places; children: ReactNode }) {
  return <Context.Provider value={places}>{children}</Context.Provider>
}

export function usePlaces(): Places {
  return useContext(Context)
}

/** Filters and the like: in the address where the app has one, so that they can be sent to somebody. An empty text takes one off. */
export function useChoices(): readonly [Choices, (change: Choices) => void] {
  const { choices } = usePlaces()
  const [own, setOwn] = useState<Choices>({})
  const change = useCallback((next: Choices) => (choices ? choices.set(next) : setOwn((before) => ({ ...before, ...next }))), [choices])
  return useMemo(() => [choices?.now ?? own, change], [choices, own, change])
}

interface PlaceLinkProps {
  readonly to: Place
  readonly className?: string
  readonly isCurrent?: boolean
  /** False where what it stands in is dragged itself. */
  readonly isDraggable?: boolean
  readonly children: ReactNode
}

export function PlaceLink({ to, className, isCurrent = false, isDraggable = true, children }: PlaceLinkProps) {
  const { hrefOf, go } = usePlaces()
  const href = hrefOf(to)
  if (href === null) return <span className={className}>{children}</span>
  const follow = (event: MouseEvent) => {
    // Whoever wants another tab gets one.
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(to)
  }
  return (
    <a href={href} className={className} onClick={follow} draggable={isDraggable} aria-current={isCurrent ? 'page' : undefined}>
      {children}
    </a>
  )
}
