import {
  Activity,
  BookOpen,
  Bot,
  ChartColumn,
  FolderKanban,
  Inbox,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  Plug,
  Repeat,
  Route,
  Send,
  Server,
  Settings,
  ShieldCheck,
  Signpost,
  Tag,
  Target,
  Timer,
  Users,
  Wallet,
  type LucideIcon,
} from 'lucide-react'

import type { OperationName } from '../data/operations.ts'
import { useMay } from '../data/provider.tsx'
import type { ListScreen, Place } from '../parts/places.tsx'

/** What entries are about, in the order in which they stand. The first stands without a title. */
export const groups = ['Now', 'Work', 'People', 'Money', 'System'] as const

export interface Entry {
  readonly place: { readonly screen: ListScreen }
  readonly name: string
  readonly icon: LucideIcon
  /** After `g`. */
  readonly key: string
  readonly group: (typeof groups)[number]
  /** What is opened from there, and so stands below it. */
  readonly holds: readonly Place['screen'][]
  /** Among the few that the width of a phone has room for. */
  readonly isNear?: boolean
}

/** The screens that the navigation leads to; a new one is added here, in `Place`, in address.ts and in screens.tsx. */
export const navigation: readonly Entry[] = [
  { place: { screen: 'inbox' }, name: 'Inbox', icon: Inbox, key: 'i', group: 'Now', holds: [], isNear: true },
  { place: { screen: 'dashboard' }, name: 'Dashboard', icon: LayoutDashboard, key: 'd', group: 'Now', holds: [], isNear: true },
  { place: { screen: 'tasks' }, name: 'Tasks', icon: ListChecks, key: 't', group: 'Work', holds: ['task', 'run'], isNear: true },
  { place: { screen: 'goals' }, name: 'Goals', icon: Target, key: 'g', group: 'Work', holds: ['goal'] },
  { place: { screen: 'projects' }, name: 'Projects', icon: FolderKanban, key: 'j', group: 'Work', holds: ['project'] },
  { place: { screen: 'sprints' }, name: 'Sprints', icon: Timer, key: 's', group: 'Work', holds: ['sprint'] },
  { place: { screen: 'routines' }, name: 'Routines', icon: Repeat, key: 'r', group: 'Work', holds: ['routine'] },
  { place: { screen: 'knowledge' }, name: 'Knowledge', icon: BookOpen, key: 'k', group: 'Work', holds: ['entry'] },
  { place: { screen: 'agents' }, name: 'Agents', icon: Bot, key: 'a', group: 'People', holds: ['agent'], isNear: true },
  { place: { screen: 'routing' }, name: 'Routing rules', icon: Signpost, key: 'n', group: 'People', holds: [] },
  { place: { screen: 'approvals' }, name: 'Approvals', icon: ShieldCheck, key: 'p', group: 'People', holds: [] },
  { place: { screen: 'members' }, name: 'Members', icon: Users, key: 'm', group: 'People', holds: [] },
  { place: { screen: 'budgets' }, name: 'Budgets', icon: Wallet, key: 'b', group: 'Money', holds: [] },
  { place: { screen: 'costs' }, name: 'Costs', icon: ChartColumn, key: 'c', group: 'Money', holds: [] },
  { place: { screen: 'prices' }, name: 'Prices', icon: Tag, key: 'y', group: 'Money', holds: [] },
  { place: { screen: 'routes' }, name: 'Routes', icon: Route, key: 'o', group: 'System', holds: [] },
  { place: { screen: 'deliveries' }, name: 'Deliveries', icon: Send, key: 'v', group: 'System', holds: [] },
  { place: { screen: 'secrets' }, name: 'Secrets', icon: KeyRound, key: 'e', group: 'System', holds: ['secret'] },
  { place: { screen: 'workers' }, name: 'Workers', icon: Server, key: 'w', group: 'System', holds: [] },
  { place: { screen: 'plugins' }, name: 'Plugins', icon: Plug, key: 'u', group: 'System', holds: [] },
  { place: { screen: 'activity' }, name: 'Activity', icon: Activity, key: 'l', group: 'System', holds: [] },
  { place: { screen: 'settings' }, name: 'Settings', icon: Settings, key: ',', group: 'System', holds: [] },
]

/** What each screen reads first: for whoever may not, it is not there. */
export const reads = {
  activity: 'events.company',
  agents: 'agents.list',
  approvals: 'approvals.list',
  budgets: 'budgets.list',
  costs: 'costs.summary',
  dashboard: 'companies.dashboard',
  deliveries: 'deliveries.list',
  goals: 'goals.tree',
  inbox: 'deliverables.list',
  knowledge: 'knowledge.list',
  members: 'members.list',
  plugins: 'plugins.list',
  prices: 'prices.list',
  projects: 'projects.list',
  routes: 'routes.list',
  routines: 'routines.list',
  routing: 'routing.list',
  secrets: 'secrets.list',
  settings: 'companies.get',
  sprints: 'sprints.list',
  tasks: 'tasks.list',
  workers: 'workers.list',
} as const satisfies Readonly<Record<ListScreen, OperationName>>

/** The entry that a place stands below; none for the pages of plugins. Pure. */
export function entryOf(place: Place): Entry | undefined {
  return navigation.find((entry) => isBelow(entry, place))
}

/** Those that the reader may open. */
export function useNavigation(): readonly Entry[] {
  const may = useMay()
  return navigation.filter(({ place }) => may(reads[place.screen]))
}

/** Whether a place is the one of an entry, or stands below it. Pure. */
export function isBelow(entry: Entry, { screen }: Place): boolean {
  return entry.place.screen === screen || entry.holds.includes(screen)
}
