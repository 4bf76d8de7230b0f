import { useState } from 'react'

import type { Routine } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand } from '../../data/use-operation.ts'
import { ChooseAgent, ChooseProject } from '../../parts/choose.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, SelectField, TextField } from '../../parts/form.tsx'

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
    // A template is replaced as a whole: what this form does not show stays as it was.
    task: {
      ...before?.task,
      title: fields.text('title'),
      description: fields.maybe('description'),
      assigneeAgentId: fields.maybe('agent'),
      projectId: fields.maybe('project'),
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
      <TextField label="What each task is" name="title" required maxLength={500} defaultValue={routine?.task.title} />
      <LongField label="Description, in Markdown" name="description" defaultValue={routine?.task.description ?? ''} />
      <div className="eng-row eng-row-wrap">
        <ChooseAgent label="Agent" name="agent" none="Whoever fits" value={routine?.task.assigneeAgentId ?? null} />
        <ChooseProject label="Project" name="project" none="None" value={routine?.task.projectId ?? null} />
      </div>
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
