import { useState } from 'react'

import type { Goal } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { More } from '../../parts/more.tsx'
import { Detail, Part } from '../../parts/split.tsx'
import { withArticle } from '../../parts/format.ts'
import { goalMoves } from '../../parts/moves.ts'
import { PlaceLink, usePlaces } from '../../parts/places.tsx'
import { ProgressLine } from '../../parts/progress.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Facts } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { StatusMenu } from '../../parts/status-menu.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { AgentName } from '../../parts/who.tsx'
import { TaskLines } from '../tasks/task-lines.tsx'
import { GoalDialog } from './goal-dialog.tsx'

export function GoalDetail({ goalId }: { goalId: string }) {
  const reading = useOperation('goals.get', { goalId })
  return <Read of={reading}>{(goal) => <Shown goal={goal} />}</Read>
}

function Shown({ goal }: { goal: Goal }) {
  const [open, setOpen] = useState<'change' | 'below' | null>(null)
  const { go } = usePlaces()
  const tell = useTell()
  const update = useCommand('goals.update', { onFailed: tell.failed })
  const { data: progress } = useOperation('goals.progress', { goalId: goal.id })
  const isOver = goal.status === 'achieved' || goal.status === 'cancelled'
  useKeys({ e: ['goals.update', () => setOpen('change')] })
  const actions = (
    <>
      <Status of={goal.status} />
      <StatusMenu
        does={() => 'goals.update'}
        to={goalMoves[goal.status]}
        isDisabled={update.isRunning}
        onMove={(status) => update.run({ goalId: goal.id, status, version: goal.version })}
      />
      <Button does="goals.update" onClick={() => setOpen('change')} shortcut="e">
        Change
      </Button>
      {!isOver && (
        <Button does="goals.create" onClick={() => setOpen('below')}>
          Goal below it
        </Button>
      )}
    </>
  )
  return (
    <Detail title={goal.title} actions={actions}>
      <ProgressLine of={progress} label="Tasks of it and of all goals below it" />
      {goal.description !== null && <Prose text={goal.description} />}
      <Facts
        of={[
          ['Owner', goal.ownerAgentId === null ? 'nobody' : <AgentName key="owner" id={goal.ownerAgentId} />],
          ['Goal of', withArticle(goal.level)],
          ['Since', <Time key="since" at={goal.createdAt} />],
        ]}
      />
      <Below goalId={goal.id} />
      <Projects goalId={goal.id} />
      <Tasks goalId={goal.id} />
      <GoalDialog
        given={open === 'below' ? { goal: null, parentId: goal.id } : { goal, parentId: goal.parentId }}
        isOpen={open !== null}
        onClose={() => setOpen(null)}
        onDone={({ id }) => id !== goal.id && go({ screen: 'goal', goalId: id })}
      />
    </Detail>
  )
}

function Below({ goalId }: { goalId: string }) {
  const { companyId } = useEngine()
  const { items } = useList('goals.list', { companyId, parentId: goalId })
  if (items.length === 0) return null
  return (
    <Part title="Goals below it">
      <ul className="eng-lines">
        {items.map(({ id, title, status }) => (
          <li key={id}>
            <Status of={status} isBare />
            <PlaceLink to={{ screen: 'goal', goalId: id }} className="eng-grow eng-cut">
              {title}
            </PlaceLink>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Projects({ goalId }: { goalId: string }) {
  const { companyId } = useEngine()
  const { items } = useList('projects.list', { companyId, goalId })
  if (items.length === 0) return null
  return (
    <Part title="Projects">
      <ul className="eng-lines">
        {items.map(({ id, name, status }) => (
          <li key={id}>
            <Status of={status} />
            <PlaceLink to={{ screen: 'project', projectId: id }} className="eng-grow eng-cut">
              {name}
            </PlaceLink>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Tasks({ goalId }: { goalId: string }) {
  const { companyId } = useEngine()
  const list = useList('tasks.list', { companyId, goalId })
  const { items } = list
  if (items.length === 0) return null
  return (
    <Part title="Tasks of its own">
      <TaskLines label="Tasks of this goal" tasks={items} />
      <More of={list} />
    </Part>
  )
}
