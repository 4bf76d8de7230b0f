import { useState, type FormEvent } from 'react'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { readFields, type Fields } from '../../parts/fields.ts'
import { usePlaces } from '../../parts/places.tsx'
import { FailureNotice } from '../../parts/states.tsx'
import { priorities } from './moves.ts'

/** Says what must be done, and by whom. */
export function NewTask({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  return (
    <Dialog title="New task" isOpen={isOpen} onClose={onClose}>
      <Form onClose={onClose} />
    </Dialog>
  )
}

function Form({ onClose }: { onClose(): void }) {
  const { companyId } = useEngine()
  const { go } = usePlaces()
  const [isReady, setIsReady] = useState(false)
  const create = useCommand('tasks.create', {
    onDone: ({ identifier }) => {
      onClose()
      go({ screen: 'task', taskId: identifier })
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    create.run({ companyId, ...readForm(readFields(new FormData(event.currentTarget))) })
  }
  return (
    <form className="eng-dialog-body" onSubmit={submit}>
      <label className="eng-field">
        <span className="eng-field-label">What must be done</span>
        <input
          className="eng-input"
          name="title"
          required
          maxLength={500}
          onChange={(event) => setIsReady(event.target.value.trim() !== '')}
        />
      </label>
      <label className="eng-field">
        <span className="eng-field-label">Description, in Markdown</span>
        <textarea className="eng-input" name="description" />
      </label>
      <label className="eng-field">
        <span className="eng-field-label">It is done when, one condition a line</span>
        <textarea className="eng-input" name="criteria" />
      </label>
      <Choices />
      {create.error && <FailureNotice error={create.error} />}
      <div className="eng-row">
        <Button type="submit" look="strong" disabled={!isReady || create.isRunning}>
          Create
        </Button>
      </div>
    </form>
  )
}

function readForm(fields: Fields) {
  const [description, agent, criteria] = [fields.text('description'), fields.text('agent'), fields.lines('criteria')]
  return {
    title: fields.text('title'),
    priority: priorities.find((priority) => priority === fields.text('priority')) ?? 'medium',
    ...(description !== '' && { description }),
    ...(agent !== '' && { assigneeAgentId: agent }),
    ...(criteria.length > 0 && { acceptanceCriteria: criteria }),
  }
}

function Choices() {
  const { companyId } = useEngine()
  const { items: agents } = useList('agents.list', { companyId })
  return (
    <div className="eng-row eng-row-wrap">
      <label className="eng-field eng-grow">
        <span className="eng-field-label">Agent</span>
        <select className="eng-input" name="agent" defaultValue="">
          <option value="">Whoever fits</option>
          {agents
            .filter(({ status }) => status !== 'terminated')
            .map(({ id, name, role }) => (
              <option key={id} value={id}>
                {name}, {role}
              </option>
            ))}
        </select>
      </label>
      <label className="eng-field eng-grow">
        <span className="eng-field-label">Priority</span>
        <select className="eng-input" name="priority" defaultValue="medium">
          {priorities.map((priority) => (
            <option key={priority}>{priority}</option>
          ))}
        </select>
      </label>
    </div>
  )
}
