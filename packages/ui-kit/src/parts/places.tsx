import { createContext, useCallback, useContext, useMemo, useState, type MouseEvent, type ReactNode } from 'react'

/** The screens with all things of a kind, by the word that stands in their address. */
export const listScreens = [
  'activity',
  'agents',
  'approvals',
  'budgets',
  'costs',
  'dashboard',
  'deliveries',
  'goals',
  'inbox',
  'knowledge',
  'members',
  'plugins',
  'prices',
  'projects',
  'routes',
  'routines',
  'routing',
  'secrets',
  'settings',
  'sprints',
  'tasks',
  'workers',
] as const
export type ListScreen = (typeof listScreens)[number]

/** Everything that has an address of its own. */
export type Place =
  | { readonly screen: ListScreen }
  | { readonly screen: 'task'; readonly taskId: string }
  | { readonly screen: 'run'; readonly runId: string }
  | { readonly screen: 'agent'; readonly agentId: string }
  | { readonly screen: 'goal'; readonly goalId: string }
  | { readonly screen: 'project'; readonly projectId: string }
  | { readonly screen: 'sprint'; readonly sprintId: string }
  | { readonly screen: 'entry'; readonly knowledgeEntryId: string }
  | { readonly screen: 'routine'; readonly routineId: string }
  | { readonly screen: 'secret'; readonly secretId: string }
  | { readonly screen: 'page'; readonly plugin: string }

type Choices = Readonly<Record<string, string>>

/** What an app that shows our components knows of addresses. */
export interface Places {
  /** Where a place is; null when the app does not show it, and then it is no link. */
  hrefOf(place: Place): string | null
  /** With `replace`, the way back leads past where somebody only walked by. */
  go(place: Place, how?: 'replace'): void
  /** What the address says of filters and the like; kept by the component itself when left out. */
  /** With `push`, the way back leads to what was chosen before. */
  readonly choices?: { readonly now: Choices; set(change: Choices, how?: 'push'): void }
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
export function useChoices(): readonly [Choices, (change: Choices, how?: 'push') => void] {
  const { choices } = usePlaces()
  const [own, setOwn] = useState<Choices>({})
  const change = useCallback(
    (next: Choices, how?: 'push') => (choices ? choices.set(next, how) : setOwn((before) => ({ ...before, ...next }))),
    [choices],
  )
  return useMemo(() => [choices?.now ?? own, change], [choices, own, change])
}

type Opened = readonly [string | null, (id: string | null, how?: 'replace') => void]

/** Which thing of a list is open, where things have no address of their own: a choice beside the filters. */
export function useChosen(name: string): Opened {
  const [choices, choose] = useChoices()
  return [choices[name] ?? null, (id, how) => choose({ [name]: id ?? '' }, how === 'replace' ? undefined : 'push')]
}

/** Which thing of a list is open: as the address says where the app has one for it, or else as it was chosen here. */
export function useOpened(named: string | null, placeOf: (id: string | null) => Place): Opened {
  const { hrefOf, go } = usePlaces()
  const [own, setOwn] = useState(named)
  const hasAddress = hrefOf(placeOf(null)) !== null
  return [hasAddress ? named : own, (id, how) => (hasAddress ? go(placeOf(id), how) : setOwn(id))]
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
