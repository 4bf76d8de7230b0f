import { useState } from 'react'

import type { Sprint } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand } from '../../data/use-operation.ts'
import { ChooseProject } from '../../parts/choose.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, TextField } from '../../parts/form.tsx'

interface SprintDialogProps {
  /** The one that is changed; null for a new one. */
  readonly sprint: Sprint | null
  readonly isOpen: boolean
  onClose(): void
  onDone?(sprint: Sprint): void
}

export function SprintDialog({ sprint, isOpen, onClose, onDone }: SprintDialogProps) {
  return (
    <Dialog title={sprint ? 'Change the sprint' : 'New sprint'} isOpen={isOpen} onClose={onClose}>
      <SprintForm
        sprint={sprint}
        onDone={(next) => {
          onClose()
          onDone?.(next)
        }}
      />
    </Dialog>
  )
}

function SprintForm({ sprint, onDone }: { sprint: Sprint | null; onDone(sprint: Sprint): void }) {
  const { companyId } = useEngine()
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(sprint?.version)
  const create = useCommand('sprints.create', { onDone })
  const update = useCommand('sprints.update', { onDone })
  const submit = (fields: Fields) => {
    const given = {
      name: fields.text('name'),
      goal: fields.maybe('goal'),
      projectId: fields.maybe('project'),
      startsOn: fields.maybe('starts'),
      endsOn: fields.maybe('ends'),
    }
    if (sprint && version !== undefined) update.run({ sprintId: sprint.id, version, ...given })
    else create.run({ companyId, ...given })
  }
  return (
    <Form
      submit={sprint ? 'Save' : 'Plan the sprint'}
      isRunning={create.isRunning || update.isRunning}
      error={create.error ?? update.error}
      onSubmit={submit}
    >
      <TextField label="Name" name="name" required maxLength={200} defaultValue={sprint?.name} />
      <LongField label="What it is to bring" name="goal" defaultValue={sprint?.goal ?? ''} />
      <ChooseProject label="Project" name="project" none="Any" value={sprint?.projectId ?? null} />
      <div className="eng-row eng-row-wrap">
        <TextField label="First day" name="starts" type="date" defaultValue={sprint?.startsOn ?? ''} />
        <TextField label="Last day" name="ends" type="date" defaultValue={sprint?.endsOn ?? ''} />
      </div>
    </Form>
  )
}
