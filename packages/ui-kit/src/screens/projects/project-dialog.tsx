import { useState } from 'react'

import type { Project } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand } from '../../data/use-operation.ts'
import { ChooseAgent, ChooseGoal } from '../../parts/choose.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, TextField } from '../../parts/form.tsx'

interface ProjectDialogProps {
  /** The one that is changed; null for a new one. */
  readonly project: Project | null
  readonly isOpen: boolean
  onClose(): void
  onDone?(project: Project): void
}

export function ProjectDialog({ project, isOpen, onClose, onDone }: ProjectDialogProps) {
  const done = (next: Project) => {
    onClose()
    onDone?.(next)
  }
  return (
    <Dialog title={project ? 'Change the project' : 'New project'} isOpen={isOpen} onClose={onClose}>
      {project ? <Change project={project} onDone={done} /> : <Create onDone={done} />}
    </Dialog>
  )
}

function read(fields: Fields) {
  return {
    name: fields.text('name'),
    description: fields.maybe('description'),
    goalId: fields.maybe('goal'),
    leadAgentId: fields.maybe('lead'),
    defaultAgentId: fields.maybe('default'),
    targetDate: fields.maybe('target'),
  }
}

function Create({ onDone }: { onDone(project: Project): void }) {
  const { companyId } = useEngine()
  const create = useCommand('projects.create', { onDone })
  return (
    <Form
      submit="Begin the project"
      isRunning={create.isRunning}
      error={create.error}
      onSubmit={(fields) => create.run({ companyId, status: 'planned', ...read(fields) })}
    >
      <Inputs project={null} />
    </Form>
  )
}

function Change({ project, onDone }: { project: Project; onDone(project: Project): void }) {
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(project.version)
  const update = useCommand('projects.update', { onDone })
  return (
    <Form
      submit="Save"
      isRunning={update.isRunning}
      error={update.error}
      onSubmit={(fields) => update.run({ projectId: project.id, version, ...read(fields) })}
    >
      <Inputs project={project} />
    </Form>
  )
}

function Inputs({ project }: { project: Project | null }) {
  return (
    <>
      <TextField label="Name" name="name" required maxLength={200} defaultValue={project?.name} />
      <LongField label="What it is about" name="description" defaultValue={project?.description ?? ''} />
      <ChooseGoal label="Goal" name="goal" none="None" value={project?.goalId ?? null} hint="Tasks without a goal of their own serve it." />
      <div className="eng-row eng-row-wrap">
        <ChooseAgent label="Lead" name="lead" none="Nobody" value={project?.leadAgentId ?? null} />
        <ChooseAgent label="Tasks go to" name="default" none="Whoever fits" value={project?.defaultAgentId ?? null} />
      </div>
      <TextField label="Target date" name="target" type="date" defaultValue={project?.targetDate ?? ''} />
    </>
  )
}
