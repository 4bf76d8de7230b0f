import { lazy, type ReactNode } from 'react'

import type { Place } from '../parts/places.tsx'

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

export function screenOf(place: Place): ReactNode {
  switch (place.screen) {
    case 'dashboard':
      return <Dashboard />
    case 'inbox':
      return <Inbox />
    case 'tasks':
      return <Tasks />
    case 'task':
      return <Task key={place.taskId} taskId={place.taskId} />
    case 'run':
      return <Run key={place.runId} runId={place.runId} />
    case 'agents':
      return <Agents />
    case 'agent':
      return <Agent key={place.agentId} agentId={place.agentId} />
    case 'goals':
      return <Goals />
    case 'goal':
      return <Goals goalId={place.goalId} />
    case 'sprints':
      return <Sprints />
    case 'sprint':
      return <Sprints sprintId={place.sprintId} />
    case 'knowledge':
      return <Knowledge />
    case 'entry':
      return <Knowledge knowledgeEntryId={place.knowledgeEntryId} />
    case 'routines':
      return <Routines />
    case 'routine':
      return <Routines routineId={place.routineId} />
    case 'secrets':
      return <Secrets />
    case 'secret':
      return <Secrets secretId={place.secretId} />
    case 'projects':
      return <Projects />
    case 'project':
      return <Project key={place.projectId} projectId={place.projectId} />
    case 'approvals':
      return <Approvals />
    case 'activity':
      return <Activity />
    case 'budgets':
      return <Budgets />
    case 'costs':
      return <Costs />
    case 'routes':
      return <Routes />
    case 'deliveries':
      return <Deliveries />
    case 'members':
      return <Members />
    case 'plugins':
      return <Plugins />
    case 'settings':
      return <Settings />
  }
}
