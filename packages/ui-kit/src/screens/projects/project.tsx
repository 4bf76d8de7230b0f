import { useState } from 'react'

import type { Project as ProjectData, TaskStatus } from '@engine/core/contract'

import { words } from '../../data/said.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { More } from '../../parts/more.tsx'
import { Part } from '../../parts/split.tsx'
import { projectMoves } from '../../parts/moves.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { ProgressLine } from '../../parts/progress.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Card, Facts, Screen } from '../../parts/screen.tsx'
import { Empty, Read } from '../../parts/states.tsx'
import { StatusMenu } from '../../parts/status-menu.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs, type Tab } from '../../parts/tabs.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { AgentName } from '../../parts/who.tsx'
import { windows } from '../budgets/amounts.ts'
import { BudgetBar } from '../budgets/budget-bar.tsx'
import { statuses } from '../tasks/moves.ts'
import { TaskLines } from '../tasks/task-lines.tsx'
import { ProjectDialog } from './project-dialog.tsx'

/** One project: its tasks by their status, what is known of it, its sprints, and what it may spend. */
export function Project({ projectId }: { projectId: string }) {
  const reading = useOperation('projects.get', { projectId })
  return <Read of={reading}>{(project) => <Shown project={project} />}</Read>
}

function Shown({ project }: { project: ProjectData }) {
  const [tab, setTab] = useState('tasks')
  const [isChanging, setIsChanging] = useState(false)
  const tell = useTell()
  const update = useCommand('projects.update', { onFailed: tell.failed })
  const { data: progress } = useOperation('projects.progress', { projectId: project.id })
  useKeys({ e: ['projects.update', () => setIsChanging(true)] })
  const tabs: Tab[] = [
    { key: 'tasks', label: 'Tasks', content: () => <Tasks projectId={project.id} /> },
    { key: 'sprints', label: 'Sprints', content: () => <Sprints projectId={project.id} /> },
    { key: 'knowledge', label: 'Knowledge', content: () => <Knowledge projectId={project.id} /> },
  ]
  const actions = (
    <>
      <Status of={project.status} />
      <StatusMenu
        does={() => 'projects.update'}
        to={projectMoves[project.status]}
        isDisabled={update.isRunning}
        onMove={(status) => update.run({ projectId: project.id, status, version: project.version })}
      />
      <Button does="projects.update" onClick={() => setIsChanging(true)} shortcut="e">
        Change
      </Button>
    </>
  )
  return (
    <Screen title={project.name} actions={actions} isPadded>
      <div className="eng-columns">
        <div className="eng-stack eng-stack-loose">
          <ProgressLine of={progress} label="Tasks of this project" />
          {project.description !== null && <Prose text={project.description} />}
          <Tabs tabs={tabs} open={tab} onOpen={setTab} />
        </div>
        <About project={project} />
      </div>
      <ProjectDialog project={project} isOpen={isChanging} onClose={() => setIsChanging(false)} />
    </Screen>
  )
}

function About({ project }: { project: ProjectData }) {
  const { goalId, leadAgentId, defaultAgentId } = project
  const { data: goal } = useOperation('goals.get', goalId === null ? null : { goalId })
  return (
    <aside className="eng-stack" aria-label="About this project">
      <Card>
        <div className="eng-card-body">
          <Facts
            of={[
              [
                'Goal',
                goal ? (
                  <PlaceLink key="goal" to={{ screen: 'goal', goalId: goal.id }} className="eng-link">
                    {goal.title}
                  </PlaceLink>
                ) : (
                  'none'
                ),
              ],
              ['Lead', leadAgentId === null ? 'nobody' : <AgentName key="lead" id={leadAgentId} />],
              ['Tasks go to', defaultAgentId === null ? 'whoever fits' : <AgentName key="default" id={defaultAgentId} />],
              ['Target date', project.targetDate ?? 'none'],
              ['Since', <Time key="since" at={project.createdAt} />],
            ]}
          />
        </div>
      </Card>
      <Budgets projectId={project.id} />
    </aside>
  )
}

function Budgets({ projectId }: { projectId: string }) {
  const { companyId } = useEngine()
  const { items } = useList('budgets.list', { companyId, scope: 'project', scopeId: projectId })
  return items.map((budget) => (
    <Card key={budget.id} title={`Budget, ${windows[budget.window]}`}>
      <div className="eng-card-body">
        <BudgetBar budget={budget} />
      </div>
    </Card>
  ))
}

function Tasks({ projectId }: { projectId: string }) {
  const { companyId } = useEngine()
  const list = useList('tasks.list', { companyId, projectId })
  const { items, isRead } = list
  if (items.length === 0)
    return isRead && <Empty title="No tasks yet">Make a task, or choose several in the list of tasks and move them here.</Empty>
  const of = (status: TaskStatus) => items.filter((task) => task.status === status)
  const shown = statuses.filter((status) => of(status).length > 0)
  return (
    <div className="eng-stack eng-stack-loose">
      {shown.map((status) => (
        <Part key={status} title={words(status)} aside={<span className="eng-soft">{of(status).length}</span>}>
          <TaskLines label={words(status)} tasks={of(status)} />
        </Part>
      ))}
      <More of={list} />
    </div>
  )
}

function Sprints({ projectId }: { projectId: string }) {
  const { companyId } = useEngine()
  const { items, isRead } = useList('sprints.list', { companyId, projectId })
  if (items.length === 0) return isRead && <Empty title="No sprints">A sprint says which of its tasks come next, and until when.</Empty>
  return (
    <ul className="eng-lines">
      {items.map(({ id, name, status, startsOn, endsOn }) => (
        <li key={id}>
          <Status of={status} />
          <PlaceLink to={{ screen: 'sprint', sprintId: id }} className="eng-grow eng-cut">
            {name}
          </PlaceLink>
          <span className="eng-soft eng-small">{[startsOn, endsOn].filter((day) => day !== null).join(' – ')}</span>
        </li>
      ))}
    </ul>
  )
}

function Knowledge({ projectId }: { projectId: string }) {
  const { companyId } = useEngine()
  const { items, isRead } = useList('knowledge.list', { companyId, projectId })
  if (items.length === 0)
    return isRead && <Empty title="Nothing is written down">What agents should know of this project comes to its runs by itself.</Empty>
  return (
    <ul className="eng-lines">
      {items.map(({ id, title, updatedAt }) => (
        <li key={id}>
          <PlaceLink to={{ screen: 'entry', knowledgeEntryId: id }} className="eng-grow eng-cut">
            {title}
          </PlaceLink>
          <Time at={updatedAt} />
        </li>
      ))}
    </ul>
  )
}
