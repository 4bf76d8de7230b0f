import { Activity, Bot, Inbox, LayoutDashboard, ListChecks, ShieldCheck, type LucideIcon } from 'lucide-react'

import type { Place } from '../parts/places.tsx'

interface Entry {
  readonly place: Extract<Place, { screen: 'dashboard' | 'inbox' | 'tasks' | 'agents' | 'approvals' | 'activity' }>
  readonly name: string
  readonly icon: LucideIcon
  /** After `g`. */
  readonly key: string
  /** What is opened from there, and so stands below it. */
  readonly holds: readonly Place['screen'][]
}

/** The screens that the navigation leads to; a new one is added here, in `Place`, in address.ts and in screens.tsx. */
export const navigation: readonly Entry[] = [
  { place: { screen: 'inbox' }, name: 'Inbox', icon: Inbox, key: 'i', holds: [] },
  { place: { screen: 'dashboard' }, name: 'Dashboard', icon: LayoutDashboard, key: 'd', holds: [] },
  { place: { screen: 'tasks' }, name: 'Tasks', icon: ListChecks, key: 't', holds: ['task', 'run'] },
  { place: { screen: 'agents' }, name: 'Agents', icon: Bot, key: 'a', holds: ['agent'] },
  { place: { screen: 'approvals' }, name: 'Approvals', icon: ShieldCheck, key: 'p', holds: [] },
  { place: { screen: 'activity' }, name: 'Activity', icon: Activity, key: 'l', holds: [] },
]
