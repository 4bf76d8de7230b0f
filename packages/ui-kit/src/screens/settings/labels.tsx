import { useState } from 'react'

import type { Label } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, TextField, Tick } from '../../parts/form.tsx'
import { Card } from '../../parts/screen.tsx'
import { useTell } from '../../parts/toasts.tsx'

/** What tasks of the company can be marked with. */
export function Labels() {
  const { companyId } = useEngine()
  const { items, isRead } = useList('labels.list', { companyId })
  // Null for a new one.
  const [open, setOpen] = useState<{ label: Label | null } | null>(null)
  return (
    <Card
      title="Labels"
      aside={
        <Button does="labels.create" onClick={() => setOpen({ label: null })}>
          New label
        </Button>
      }
    >
      <div className="eng-card-body eng-stack">
        {isRead && items.length === 0 && <p className="eng-soft">Tasks are marked with labels, and found by them. There are none yet.</p>}
        <ul className="eng-stack eng-stack-tight" aria-label="Labels">
          {items.map((label) => (
            <li key={label.id} className="eng-row eng-row-wrap">
              <Swatch color={label.color} />
              <span className="eng-grow">{label.name}</span>
              <Button does="labels.update" aria-label={`Change ${label.name}`} onClick={() => setOpen({ label })}>
                Change
              </Button>
              <DeleteLabel label={label} />
            </li>
          ))}
        </ul>
      </div>
      {open && <LabelForm label={open.label} onClose={() => setOpen(null)} />}
    </Card>
  )
}

function Swatch({ color }: { color: string | null }) {
  return (
    <svg width="12" height="12" aria-hidden>
      <circle cx="6" cy="6" r="5" fill={color ?? 'none'} stroke={color ?? 'currentColor'} />
    </svg>
  )
}

function LabelForm({ label, onClose }: { label: Label | null; onClose(): void }) {
  const { companyId } = useEngine()
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(label?.version)
  const create = useCommand('labels.create', { onDone: onClose })
  const update = useCommand('labels.update', { onDone: onClose })
  const submit = (fields: Fields) => {
    const said = { name: fields.text('name'), color: fields.isTicked('hasColor') ? fields.text('color') : null }
    if (label && version !== undefined) update.run({ labelId: label.id, version, ...said })
    else create.run({ companyId, ...said })
  }
  return (
    <DialogForm
      title={label ? `Change ${label.name}` : 'New label'}
      isOpen
      onClose={onClose}
      submit={label ? 'Save' : 'Create'}
      isRunning={create.isRunning || update.isRunning}
      error={create.error ?? update.error}
      onSubmit={submit}
    >
      <TextField label="Name" name="name" required maxLength={64} autoComplete="off" defaultValue={label?.name} />
      <div className="eng-row">
        <Tick label="Has a color" name="hasColor" isTicked={typeof label?.color === 'string'} />
        <input type="color" name="color" aria-label="Color" defaultValue={label?.color ?? '#3451c7'} />
      </div>
    </DialogForm>
  )
}

function DeleteLabel({ label }: { label: Label }) {
  const tell = useTell()
  const remove = useCommand('labels.delete', { onFailed: tell.failed, onDone: ({ tasks }) => tell.done(`Gone, also from ${tasks} tasks`) })
  return (
    <ConfirmButton
      does="labels.delete"
      act={`Delete ${label.name}`}
      title={`Delete the label ${label.name}`}
      isRunning={remove.isRunning}
      onAct={() => remove.run({ labelId: label.id, version: label.version })}
    >
      <p>It is taken off all tasks.</p>
    </ConfirmButton>
  )
}
