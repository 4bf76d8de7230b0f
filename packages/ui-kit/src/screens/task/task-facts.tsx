import type { Task } from '@engine/core/contract'

import { useEngine, useMay } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { moment } from '../../parts/format.ts'
import { Menu } from '../../parts/menu.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Card, Facts } from '../../parts/screen.tsx'
import { Priority } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { AgentName, Assignee, Who } from '../../parts/who.tsx'
import { TaskLimit } from '../budgets/task-limit.tsx'
import { priorities } from '../tasks/moves.ts'
import { TakeBack } from './take-back.tsx'
import { Held } from './task-more.tsx'

/** What is known of a task beside its text, with what can be changed of it. */
export function TaskFacts({ task }: { task: Task }) {
  const { data: project } = useOperation('projects.get', task.projectId === null ? null : { projectId: task.projectId })
  const { data: parent } = useOperation('tasks.get', task.parentId === null ? null : { taskId: task.parentId })
  const facts: (readonly [string, React.ReactNode])[] = [
    ['Assignee', <AssigneeFact key="assignee" task={task} />],
    ['Priority', <PriorityFact key="priority" task={task} />],
    ...(project ? [['Project', project.name] as const] : []),
    ...(parent
      ? [
          [
            'Part of',
            <PlaceLink key="parent" to={{ screen: 'task', taskId: parent.identifier }}>
              {parent.identifier}
            </PlaceLink>,
          ] as const,
        ]
      : []),
    ...(task.dueDate !== null
      ? [
          [
            'Due',
            <span key="due" className={task.overdueAt === null ? undefined : 'eng-bad'}>
              {moment(task.dueDate)}
            </span>,
          ] as const,
        ]
      : []),
    ...(task.labels.length > 0 ? [['Labels', task.labels.map(({ name }) => name).join(', ')] as const] : []),
    ...(task.tags.length > 0 ? [['Tags', task.tags.join(', ')] as const] : []),
    ...(task.requiredCapabilities.length > 0 ? [['Needs', task.requiredCapabilities.join(', ')] as const] : []),
    ['Limit', <TaskLimit key="limit" task={task} />],
    ['Created by', <Who key="creator" kind={task.createdBy.kind} id={task.createdBy.id} />],
    ['Created', <Time key="created" at={task.createdAt} />],
    ...(task.startedAt !== null ? [['Started', <Time key="started" at={task.startedAt} />] as const] : []),
    ...(task.completedAt !== null ? [['Done', <Time key="done" at={task.completedAt} />] as const] : []),
  ]
  return (
    <aside className="eng-stack" aria-label="About this task">
      <Held task={task} />
      {task.checkout && <Owner task={task} checkout={task.checkout} />}
      <Card>
        <div className="eng-card-body">
          <Facts of={facts} />
        </div>
      </Card>
    </aside>
  )
}

function Owner({ task, checkout }: { task: Task; checkout: NonNullable<Task['checkout']> }) {
  return (
    <div className="eng-notice" data-tone="busy">
      <div className="eng-row">
        <AgentName id={checkout.agentId} />
        <span className="eng-soft">is at work</span>
      </div>
      <div className="eng-row">
        <progress max={100} value={task.progress.percent} aria-label="Progress" className="eng-grow" />
        <span>{task.progress.percent} %</span>
      </div>
      {task.progress.message !== null && <p className="eng-soft">{task.progress.message}</p>}
      <PlaceLink to={{ screen: 'run', runId: checkout.runId }} className="eng-link">
        Watch the run
      </PlaceLink>
      <TakeBack taskId={task.id} />
    </div>
  )
}

function AssigneeFact({ task }: { task: Task }) {
  const { companyId } = useEngine()
  const { items } = useList('agents.list', { companyId })
  const tell = useTell()
  const assign = useCommand('tasks.assign', { onFailed: tell.failed })
  const free = items.filter(({ id, status }) => status !== 'terminated' && id !== task.assigneeAgentId)
  return (
    <div className="eng-stack eng-stack-tight">
      <Assignee agentId={task.assigneeAgentId} userId={task.assigneeUserId} />
      {!['done', 'cancelled'].includes(task.status) && free.length > 0 && (
        <div>
          <Menu
            label="Assign"
            isDisabled={assign.isRunning}
            choices={free.map(({ id, name }) => ({
              key: id,
              does: 'tasks.assign',
              label: name,
              choose: () => assign.run({ taskId: task.id, agentId: id }),
            }))}
          />
        </div>
      )}
    </div>
  )
}

function PriorityFact({ task }: { task: Task }) {
  const may = useMay()
  const tell = useTell()
  const update = useCommand('tasks.update', { onFailed: tell.failed })
  const label = (
    <span className="eng-row">
      <Priority of={task.priority} /> {task.priority}
    </span>
  )
  if (!may('tasks.update')) return label
  return (
    <Menu
      label={label}
      isDisabled={update.isRunning || ['done', 'cancelled'].includes(task.status)}
      choices={priorities.map((priority) => ({
        key: priority,
        label: priority,
        // Somebody else's change since this was read is not overwritten.
        choose: () => update.run({ taskId: task.id, priority, version: task.version }),
      }))}
    />
  )
}
