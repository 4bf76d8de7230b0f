import { useState } from 'react'

import type { Task } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { ChooseAgent, ChooseGoal, ChooseProject, ChooseSprint } from '../../parts/choose.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, FieldGroup, LongField, MoreFields, SelectField, TextField, Tick } from '../../parts/form.tsx'
import { usePlaces } from '../../parts/places.tsx'
import { priorities } from './moves.ts'

interface TaskFormProps {
  /** The one that is changed; null for a new one. */
  readonly task: Task | null
  onClose(): void
}

/** Says what must be done, by whom, and what it belongs to. */
export function TaskForm({ task, onClose }: TaskFormProps) {
  const { companyId } = useEngine()
  const { go } = usePlaces()
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(task?.version)
  const create = useCommand('tasks.create', {
    onDone: ({ identifier }) => {
      onClose()
      go({ screen: 'task', taskId: identifier })
    },
  })
  const update = useCommand('tasks.update', { onDone: onClose })
  const submit = (fields: Fields) => {
    const said = readTask(fields, task)
    if (task && version !== undefined) return update.run({ taskId: task.id, version, ...said })
    const agent = fields.text('assigneeAgentId')
    create.run({ companyId, ...leftOut(said), ...(agent !== '' && { assigneeAgentId: agent }), blockedBy: fields.words('blockedBy') })
  }
  return (
    <DialogForm
      title={task ? 'Change the task' : 'New task'}
      isOpen
      onClose={onClose}
      submit={task ? 'Save' : 'Create'}
      isRunning={create.isRunning || update.isRunning}
      error={create.error ?? update.error}
      onSubmit={submit}
    >
      <TextField label="What must be done" name="title" required maxLength={500} defaultValue={task?.title} />
      <LongField label="Description, in Markdown" name="description" defaultValue={task?.description ?? ''} />
      <LongField
        label="It is done when, one condition a line"
        name="acceptanceCriteria"
        defaultValue={task?.acceptanceCriteria.join('\n')}
      />
      <div className="eng-row eng-row-wrap">
        {task === null && <ChooseAgent label="Agent" name="assigneeAgentId" none="Whoever fits" />}
        <SelectField
          label="Priority"
          name="priority"
          defaultValue={task?.priority ?? 'medium'}
          options={priorities.map((each) => [each, each])}
        />
      </div>
      <MoreFields title="What it belongs to, when it is due, who can do it" isOpen={task !== null}>
        <Surroundings task={task} />
      </MoreFields>
    </DialogForm>
  )
}

function Surroundings({ task }: { task: Task | null }) {
  return (
    <>
      <div className="eng-row eng-row-wrap">
        <ChooseProject label="Project" name="projectId" none="None" value={task?.projectId ?? null} />
        <ChooseSprint label="Sprint" name="sprintId" none="None" value={task?.sprintId ?? null} />
      </div>
      <div className="eng-row eng-row-wrap">
        <ChooseGoal label="Goal" name="goalId" none="That of its project" value={task?.goalId ?? null} />
        <TextField label="Due at the end of" name="dueDate" type="date" defaultValue={dayOf(task)} />
      </div>
      <div className="eng-row eng-row-wrap">
        <TextField label="Tags" name="tags" placeholder="report, launch" defaultValue={task?.tags.join(', ')} />
        <TextField
          label="Needs who can"
          name="requiredCapabilities"
          placeholder="writing"
          defaultValue={task?.requiredCapabilities.join(', ')}
        />
      </div>
      {task === null && (
        <TextField label="Waits for these tasks" name="blockedBy" placeholder="ACM-3, ACM-7" hint="It begins when all of them ended." />
      )}
      <LabelChoice task={task} />
    </>
  )
}

function LabelChoice({ task }: { task: Task | null }) {
  const { companyId } = useEngine()
  const { items } = useList('labels.list', { companyId })
  if (items.length === 0) return null
  return (
    <FieldGroup title="Labels">
      <div className="eng-row eng-row-wrap">
        {items.map(({ id, name }) => (
          <Tick key={id} label={name} name="labels" value={id} isTicked={task?.labels.some((label) => label.id === id) === true} />
        ))}
      </div>
    </FieldGroup>
  )
}

function dayOf(task: Task | null): string {
  return task?.dueDate?.slice(0, 10) ?? ''
}

function readTask(fields: Fields, task: Task | null) {
  const day = fields.text('dueDate')
  return {
    title: fields.text('title'),
    description: fields.maybe('description'),
    acceptanceCriteria: fields.lines('acceptanceCriteria'),
    priority: priorities.find((each) => each === fields.text('priority')) ?? 'medium',
    projectId: fields.maybe('projectId'),
    sprintId: fields.maybe('sprintId'),
    goalId: fields.maybe('goalId'),
    tags: fields.words('tags'),
    requiredCapabilities: fields.words('requiredCapabilities'),
    labels: fields.chosen('labels'),
    // An hour that somebody set stays as long as the day does.
    ...(day !== dayOf(task) && { dueDate: day === '' ? null : day }),
  }
}

/** Of a new task, what was left empty is decided by what it belongs to. */
function leftOut(said: ReturnType<typeof readTask>) {
  const { projectId, sprintId, goalId, ...rest } = said
  return { ...rest, ...(projectId !== null && { projectId }), ...(sprintId !== null && { sprintId }), ...(goalId !== null && { goalId }) }
}
