import { useState } from 'react'

import type { Goal } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand } from '../../data/use-operation.ts'
import { ChooseAgent, ChooseGoal } from '../../parts/choose.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, SelectField, TextField } from '../../parts/form.tsx'
import { withArticle } from '../../parts/format.ts'

interface GoalDialogProps {
  /** The goal that is changed; null for a new one, below the parent. */
  readonly given: { readonly goal: Goal | null; readonly parentId: string | null }
  readonly isOpen: boolean
  onClose(): void
  onDone?(goal: Goal): void
}

export function GoalDialog({ given, isOpen, onClose, onDone }: GoalDialogProps) {
  const done = (goal: Goal) => {
    onClose()
    onDone?.(goal)
  }
  return (
    <Dialog title={given.goal ? 'Change the goal' : 'New goal'} isOpen={isOpen} onClose={onClose}>
      {given.goal ? <Change goal={given.goal} onDone={done} /> : <Create parentId={given.parentId} onDone={done} />}
    </Dialog>
  )
}

const levels = ['company', 'team', 'agent', 'task'] as const

function read(fields: Fields) {
  return {
    title: fields.text('title'),
    description: fields.maybe('description'),
    parentId: fields.maybe('parent'),
    ownerAgentId: fields.maybe('owner'),
  }
}

function Create({ parentId, onDone }: { parentId: string | null; onDone(goal: Goal): void }) {
  const { companyId } = useEngine()
  const create = useCommand('goals.create', { onDone })
  const submit = (fields: Fields) => {
    const level = levels.find((each) => each === fields.text('level'))
    create.run({ companyId, ...read(fields), ...(level && { level }) })
  }
  return (
    <Form submit="Set the goal" isRunning={create.isRunning} error={create.error} onSubmit={submit}>
      <Inputs goal={null} parentId={parentId} />
    </Form>
  )
}

function Change({ goal, onDone }: { goal: Goal; onDone(goal: Goal): void }) {
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(goal.version)
  const update = useCommand('goals.update', { onDone })
  const submit = (fields: Fields) => {
    const level = levels.find((each) => each === fields.text('level')) ?? goal.level
    update.run({ goalId: goal.id, version, ...read(fields), level })
  }
  return (
    <Form submit="Save" isRunning={update.isRunning} error={update.error} onSubmit={submit}>
      <Inputs goal={goal} parentId={goal.parentId} />
    </Form>
  )
}

function Inputs({ goal, parentId }: { goal: Goal | null; parentId: string | null }) {
  return (
    <>
      <TextField label="What is to be reached" name="title" required maxLength={500} defaultValue={goal?.title} />
      <LongField label="Why, and how it is known to be reached" name="description" defaultValue={goal?.description ?? ''} />
      <ChooseGoal label="Serves" name="parent" none="Nothing above it" value={parentId} {...(goal && { leaveOut: goal.id })} />
      <div className="eng-row eng-row-wrap">
        <ChooseAgent label="Owner" name="owner" none="Nobody" value={goal?.ownerAgentId ?? null} />
        <SelectField
          label="Goal of"
          name="level"
          defaultValue={goal?.level ?? ''}
          options={[...(goal ? [] : [['', 'As fits its place'] as const]), ...levels.map((level) => [level, withArticle(level)] as const)]}
        />
      </div>
    </>
  )
}
