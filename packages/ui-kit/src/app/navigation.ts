import {
  Activity,
  Bot,
  ChartColumn,
  Inbox,
  LayoutDashboard,
  ListChecks,
  Plug,
  Route,
  Send,
  Settings,
  ShieldCheck,
  Users,
  Wallet,
  type LucideIcon,
} from 'lucide-react'

import type { Place } from '../parts/places.tsx'

interface Entry {
  readonly place: Exclude<Place, { screen: 'task' | 'run' | 'agent' }>
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
  { place: { screen: 'budgets' }, name: 'Budgets', icon: Wallet, key: 'b', holds: [] },
  { place: { screen: 'costs' }, name: 'Costs', icon: ChartColumn, key: 'c', holds: [] },
  { place: { screen: 'routes' }, name: 'Routes', icon: Route, key: 'o', holds: [] },
  { place: { screen: 'deliveries' }, name: 'Deliveries', icon: Send, key: 'v', holds: [] },
  { place: { screen: 'members' }, name: 'Members', icon: Users, key: 'm', holds: [] },
  { place: { screen: 'plugins' }, name: 'Plugins', icon: Plug, key: 'u', holds: [] },
  { place: { screen: 'settings' }, name: 'Settings', icon: Settings, key: ',', holds: [] },
]
