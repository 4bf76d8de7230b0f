import { useState } from 'react'

import type { Routine } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand } from '../../data/use-operation.ts'
import { ChooseAgent, ChooseGoal, ChooseProject } from '../../parts/choose.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { FieldGroup, Form, LongField, SelectField, TextField } from '../../parts/form.tsx'
import { priorities } from '../tasks/moves.ts'
import { readVariables } from './read-variables.ts'
import { Variables } from './variables.tsx'

interface RoutineDialogProps {
  /** The one that is changed; null for a new one. */
  readonly routine: Routine | null
  readonly isOpen: boolean
  onClose(): void
  onDone?(routine: Routine): void
}

const meanwhile = [
  ['coalesce', 'Wake that one with a note'],
  ['always', 'Make another one'],
  ['skip', 'Do nothing'],
] as const
const missed = [
  ['once', 'Made up for once'],
  ['all', 'Made up for each, 25 at most'],
  ['skip', 'Left out'],
] as const

export function RoutineDialog({ routine, isOpen, onClose, onDone }: RoutineDialogProps) {
  return (
    <Dialog title={routine ? 'Change the routine' : 'New routine'} isOpen={isOpen} onClose={onClose}>
      <RoutineForm
        routine={routine}
        onDone={(next) => {
          onClose()
          onDone?.(next)
        }}
      />
    </Dialog>
  )
}

function read(fields: Fields, before: Routine | null) {
  return {
    name: fields.text('name'),
    concurrency: meanwhile.find(([key]) => key === fields.text('concurrency'))?.[0] ?? 'coalesce',
    catchUp: missed.find(([key]) => key === fields.text('catchUp'))?.[0] ?? 'once',
    description: fields.maybe('description'),
    variables: readVariables(fields),
    // A template is replaced as a whole: its labels, which this form does not show, stay as they were.
    task: {
      ...before?.task,
      title: fields.text('task.title'),
      description: fields.maybe('task.description'),
      priority: priorities.find((each) => each === fields.text('task.priority')) ?? 'medium',
      assigneeAgentId: fields.maybe('task.assigneeAgentId'),
      projectId: fields.maybe('task.projectId'),
      goalId: fields.maybe('task.goalId'),
      tags: fields.words('task.tags'),
      requiredCapabilities: fields.words('task.requiredCapabilities'),
      acceptanceCriteria: fields.lines('task.acceptanceCriteria'),
    },
  }
}

function RoutineForm({ routine, onDone }: { routine: Routine | null; onDone(routine: Routine): void }) {
  const { companyId } = useEngine()
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(routine?.version)
  const create = useCommand('routines.create', { onDone })
  const update = useCommand('routines.update', { onDone })
  const submit = (fields: Fields) => {
    const given = read(fields, routine)
    if (routine && version !== undefined) update.run({ routineId: routine.id, version, ...given })
    else create.run({ companyId, ...given })
  }
  return (
    <Form
      submit={routine ? 'Save' : 'Make the routine'}
      isRunning={create.isRunning || update.isRunning}
      error={create.error ?? update.error}
      onSubmit={submit}
    >
      <TextField label="Name" name="name" required maxLength={200} defaultValue={routine?.name} />
      <Template task={routine?.task ?? null} />
      <Variables of={routine?.variables ?? []} />
      <LongField label="What it is for" name="description" defaultValue={routine?.description ?? ''} />
      <div className="eng-row eng-row-wrap">
        <SelectField
          label="While one is still open"
          name="concurrency"
          options={meanwhile}
          defaultValue={routine?.concurrency ?? 'coalesce'}
        />
        <SelectField label="Times that were missed" name="catchUp" options={missed} defaultValue={routine?.catchUp ?? 'once'} />
      </div>
    </Form>
  )
}

/** What each task of it is. */
function Template({ task }: { task: Routine['task'] | null }) {
  return (
    <FieldGroup title="What each task is">
      <TextField label="Title" name="task.title" required maxLength={500} defaultValue={task?.title} placeholder="Report of {{month}}" />
      <LongField label="Description, in Markdown" name="task.description" defaultValue={task?.description ?? ''} />
      <LongField
        label="It is done when, one condition a line"
        name="task.acceptanceCriteria"
        defaultValue={task?.acceptanceCriteria?.join('\n')}
      />
      <div className="eng-row eng-row-wrap">
        <ChooseAgent label="Agent" name="task.assigneeAgentId" none="Whoever fits" value={task?.assigneeAgentId ?? null} />
        <SelectField
          label="Priority"
          name="task.priority"
          defaultValue={task?.priority ?? 'medium'}
          options={priorities.map((each) => [each, each])}
        />
      </div>
      <div className="eng-row eng-row-wrap">
        <ChooseProject label="Project" name="task.projectId" none="None" value={task?.projectId ?? null} />
        <ChooseGoal label="Goal" name="task.goalId" none="None" value={task?.goalId ?? null} />
      </div>
      <div className="eng-row eng-row-wrap">
        <TextField label="Tags" name="task.tags" placeholder="report, {{shop}}" defaultValue={task?.tags?.join(', ')} />
        <TextField
          label="Needs who can"
          name="task.requiredCapabilities"
          placeholder="writing"
          defaultValue={task?.requiredCapabilities?.join(', ')}
        />
      </div>
    </FieldGroup>
  )
}
