import { lazy, type ReactNode } from 'react'

import type { ListScreen, Place } from '../parts/places.tsx'

// Each screen is loaded when it is opened for the first time.
const Activity = lazy(async () => ({ default: (await import('../screens/activity/activity.tsx')).Activity }))
const Agent = lazy(async () => ({ default: (await import('../screens/agents/agent.tsx')).Agent }))
const Agents = lazy(async () => ({ default: (await import('../screens/agents/agents.tsx')).Agents }))
const Approvals = lazy(async () => ({ default: (await import('../screens/approvals/approvals.tsx')).Approvals }))
const Dashboard = lazy(async () => ({ default: (await import('../screens/dashboard/dashboard.tsx')).Dashboard }))
const Goals = lazy(async () => ({ default: (await import('../screens/goals/goals.tsx')).Goals }))
const Inbox = lazy(async () => ({ default: (await import('../screens/inbox/inbox.tsx')).Inbox }))
const Knowledge = lazy(async () => ({ default: (await import('../screens/knowledge/knowledge.tsx')).Knowledge }))
const Project = lazy(async () => ({ default: (await import('../screens/projects/project.tsx')).Project }))
const Projects = lazy(async () => ({ default: (await import('../screens/projects/projects.tsx')).Projects }))
const Routines = lazy(async () => ({ default: (await import('../screens/routines/routines.tsx')).Routines }))
const Run = lazy(async () => ({ default: (await import('../screens/run/run.tsx')).Run }))
const Secrets = lazy(async () => ({ default: (await import('../screens/secrets/secrets.tsx')).Secrets }))
const Sprints = lazy(async () => ({ default: (await import('../screens/sprints/sprints.tsx')).Sprints }))
const Task = lazy(async () => ({ default: (await import('../screens/task/task.tsx')).Task }))
const Tasks = lazy(async () => ({ default: (await import('../screens/tasks/tasks.tsx')).Tasks }))
const Budgets = lazy(async () => ({ default: (await import('../screens/budgets/budgets.tsx')).Budgets }))
const Costs = lazy(async () => ({ default: (await import('../screens/costs/costs.tsx')).Costs }))
const Routes = lazy(async () => ({ default: (await import('../screens/routes/routes.tsx')).Routes }))
const Deliveries = lazy(async () => ({ default: (await import('../screens/deliveries/deliveries.tsx')).Deliveries }))
const Members = lazy(async () => ({ default: (await import('../screens/members/members.tsx')).Members }))
const Plugins = lazy(async () => ({ default: (await import('../screens/plugins/plugins.tsx')).Plugins }))
const Settings = lazy(async () => ({ default: (await import('../screens/settings/settings.tsx')).Settings }))
const Prices = lazy(async () => ({ default: (await import('../screens/prices/prices.tsx')).Prices }))
const Routing = lazy(async () => ({ default: (await import('../screens/routing/routing.tsx')).Routing }))
const Workers = lazy(async () => ({ default: (await import('../screens/workers/workers.tsx')).Workers }))
const PluginPage = lazy(async () => ({ default: (await import('../frames/plugin-slot.tsx')).PluginPage }))

/** The screens with all things of a kind. */
const lists = {
  activity: Activity,
  agents: Agents,
  approvals: Approvals,
  budgets: Budgets,
  costs: Costs,
  dashboard: Dashboard,
  deliveries: Deliveries,
  goals: Goals,
  inbox: Inbox,
  knowledge: Knowledge,
  members: Members,
  plugins: Plugins,
  prices: Prices,
  projects: Projects,
  routes: Routes,
  routines: Routines,
  routing: Routing,
  secrets: Secrets,
  settings: Settings,
  sprints: Sprints,
  tasks: Tasks,
  workers: Workers,
} satisfies Readonly<Record<ListScreen, unknown>>

export function screenOf(place: Place): ReactNode {
  switch (place.screen) {
    case 'task':
      return <Task key={place.taskId} taskId={place.taskId} />
    case 'run':
      return <Run key={place.runId} runId={place.runId} />
    case 'agent':
      return <Agent key={place.agentId} agentId={place.agentId} />
    case 'goal':
      return <Goals goalId={place.goalId} />
    case 'sprint':
      return <Sprints sprintId={place.sprintId} />
    case 'entry':
      return <Knowledge knowledgeEntryId={place.knowledgeEntryId} />
    case 'routine':
      return <Routines routineId={place.routineId} />
    case 'secret':
      return <Secrets secretId={place.secretId} />
    case 'project':
      return <Project key={place.projectId} projectId={place.projectId} />
    case 'page':
      return <PluginPage key={place.plugin} plugin={place.plugin} />
    default: {
      const List = lists[place.screen]
      return <List />
    }
  }
}
