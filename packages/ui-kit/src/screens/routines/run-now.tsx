import type { Routine } from '@engine/core/contract'

import { useCommand } from '../../data/use-operation.ts'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, SelectField, TextField } from '../../parts/form.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { valueIn, yesOrNo, type Variable } from './read-variables.ts'

/** Fires a routine at once, with what its variables are to be this time. */
export function RunNow({ routine, isOpen, onClose }: { routine: Routine; isOpen: boolean; onClose(): void }) {
  return (
    <Dialog title={`Run ${routine.name} now`} isOpen={isOpen} onClose={onClose}>
      <RunForm routine={routine} onClose={onClose} />
    </Dialog>
  )
}

const said = {
  created: 'A task is made',
  coalesced: 'The task that is open was woken',
  skipped: 'Nothing was done: its last task is still open',
} as const

function RunForm({ routine, onClose }: { routine: Routine; onClose(): void }) {
  const tell = useTell()
  const fire = useCommand('routines.fire', {
    onDone: ({ status, reason }) => {
      if (status === 'failed') tell.failed(new Error(reason ?? 'It made no task.'))
      else tell.done(said[status])
      onClose()
    },
  })
  const submit = (fields: Fields) => {
    const given = routine.variables.flatMap((variable) => {
      const value = valueIn(fields, variable.name, variable.type)
      return value === null ? [] : [[variable.name, value] as const]
    })
    fire.run({ routineId: routine.id, ...(given.length > 0 && { variables: Object.fromEntries(given) }) })
  }
  return (
    <Form submit="Run it" isRunning={fire.isRunning} error={fire.error} onSubmit={submit}>
      <p className="eng-soft">It makes the task that its schedule would make: “{routine.task.title}”.</p>
      {routine.variables.map((variable) => (
        <VariableField key={variable.name} variable={variable} />
      ))}
    </Form>
  )
}

function VariableField({ variable }: { variable: Variable }) {
  const { name, type, description, isRequired, default: standard, options } = variable
  const given = {
    name,
    path: `variables.${name}`,
    label: name,
    defaultValue: standard === null ? '' : String(standard),
    ...(description !== null && { hint: description }),
  }
  if (type === 'select' || type === 'boolean') {
    const choices = type === 'boolean' ? yesOrNo : (options ?? []).map((option) => [option, option] as const)
    return <SelectField {...given} options={isRequired ? choices : [['', 'as it is'], ...choices]} />
  }
  return <TextField {...given} required={isRequired && standard === null} type={type} step="any" />
}
