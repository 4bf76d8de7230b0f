import { useState, type ReactNode } from 'react'

import type { Routine } from '@engine/core/contract'

import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Said } from '../../parts/said.tsx'
import { Detail, Part } from '../../parts/split.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { PlaceLink, type Place } from '../../parts/places.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Facts } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { Assignee } from '../../parts/who.tsx'
import { Fires } from './fires.tsx'
import { RoutineDialog } from './routine-dialog.tsx'
import { RunNow } from './run-now.tsx'
import { Triggers } from './triggers.tsx'

export function RoutineDetail({ routineId }: { routineId: string }) {
  const reading = useOperation('routines.get', { routineId })
  return <Read of={reading}>{(routine) => <Shown routine={routine} />}</Read>
}

function Shown({ routine }: { routine: Routine }) {
  const [open, setOpen] = useState<'change' | 'run' | 'archive' | null>(null)
  const close = () => setOpen(null)
  const tell = useTell()
  const options = { onFailed: tell.failed }
  const [pause, resume] = [useCommand('routines.pause', options), useCommand('routines.resume', options)]
  const archive = useCommand('routines.archive', { ...options, onDone: close })
  const routineId = routine.id
  const isAlive = routine.status !== 'archived'
  const isActive = routine.status === 'active'
  useKeys({ e: ['routines.update', () => isAlive && setOpen('change')] })
  const actions = (
    <>
      <Status of={routine.status} />
      {isActive && (
        <Button does="routines.fire" look="strong" onClick={() => setOpen('run')}>
          Run now
        </Button>
      )}
      {isAlive && (
        <>
          <Button
            does={isActive ? 'routines.pause' : 'routines.resume'}
            disabled={pause.isRunning || resume.isRunning}
            onClick={() => (isActive ? pause.run({ routineId }) : resume.run({ routineId }))}
          >
            {isActive ? 'Pause' : 'Resume'}
          </Button>
          <Button does="routines.update" onClick={() => setOpen('change')} shortcut="e">
            Change
          </Button>
          <Button does="routines.archive" look="bad" onClick={() => setOpen('archive')}>
            Archive
          </Button>
        </>
      )}
    </>
  )
  return (
    <Detail title={routine.name} actions={actions}>
      {routine.pauseReason !== null && <Paused reason={routine.pauseReason} />}
      {routine.description !== null && <Prose text={routine.description} />}
      <Triggers routine={routine} />
      <Template routine={routine} />
      <Fires routineId={routineId} />
      <RoutineDialog routine={routine} isOpen={open === 'change'} onClose={close} />
      <RunNow routine={routine} isOpen={open === 'run'} onClose={close} />
      <Confirm
        title="Archive the routine"
        act="Archive it"
        isOpen={open === 'archive'}
        isRunning={archive.isRunning}
        onClose={close}
        onAct={() => archive.run({ routineId })}
      >
        “{routine.name}” never fires again, and its keys open nothing. The tasks that it made stay.
      </Confirm>
    </Detail>
  )
}

function Template({ routine: { task, variables } }: { routine: Routine }) {
  const { data: project } = useOperation('projects.get', task.projectId ? { projectId: task.projectId } : null)
  const { data: goal } = useOperation('goals.get', task.goalId ? { goalId: task.goalId } : null)
  const { priority, tags = [], requiredCapabilities: needs = [], acceptanceCriteria: criteria = [] } = task
  const facts: (readonly [string, ReactNode])[] = [
    ['Title', task.title],
    ['Assignee', task.assigneeAgentId ? <Assignee key="agent" agentId={task.assigneeAgentId} userId={null} /> : 'whoever fits'],
    ...(priority ? [['Priority', priority] as const] : []),
    ...(project
      ? [['Project', <PlaceName key="project" to={{ screen: 'project', projectId: project.id }} name={project.name} />] as const]
      : []),
    ...(goal ? [['Goal', <PlaceName key="goal" to={{ screen: 'goal', goalId: goal.id }} name={goal.title} />] as const] : []),
    ...(tags.length > 0 ? [['Tags', tags.join(', ')] as const] : []),
    ...(needs.length > 0 ? [['Needs', needs.join(', ')] as const] : []),
    ...(criteria.length > 0 ? [['Done when', criteria.join('; ')] as const] : []),
    ...(variables.length > 0 ? [['Variables', variables.map(variableInWords).join(', ')] as const] : []),
  ]
  return (
    <Part title="What each task is">
      <Facts of={facts} />
      {task.description !== null && task.description !== undefined && <Prose text={task.description} />}
    </Part>
  )
}

function PlaceName({ to, name }: { to: Place; name: string }) {
  return (
    <PlaceLink to={to} className="eng-link">
      {name}
    </PlaceLink>
  )
}

function variableInWords({ name, type, isRequired, default: standard, options }: Routine['variables'][number]): string {
  const kind = options === null ? type : options.join(' or ')
  return `${name} (${kind}${standard === null ? (isRequired ? ', needed' : '') : `, else ${standard}`})`
}

function Paused({ reason }: { reason: string }) {
  return (
    <p className="eng-notice">
      Paused: <Said text={reason} />
    </p>
  )
}
