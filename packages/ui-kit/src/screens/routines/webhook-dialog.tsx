import { useState } from 'react'

import type { Routine, Trigger } from '@engine/core/contract'

import { useCommand } from '../../data/use-operation.ts'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { FieldGroup, Form, SelectField, TextField } from '../../parts/form.tsx'
import { useHost } from '../../parts/host.tsx'
import { ShownOnce } from '../../parts/shown-once.tsx'

interface WebhookDialogProps {
  readonly routine: Routine
  /** The one that is changed; null for a new one. */
  readonly trigger: Trigger | null
  readonly isOpen: boolean
  onClose(): void
}

export function WebhookDialog({ isOpen, onClose, ...rest }: WebhookDialogProps) {
  return (
    <Dialog title={rest.trigger ? 'Change the webhook' : 'Add a webhook'} isOpen={isOpen} onClose={onClose}>
      <WebhookForm {...rest} onClose={onClose} />
    </Dialog>
  )
}

const schemes = [
  ['standard', 'Standard Webhooks: signed with id, time and body'],
  ['github', 'As GitHub signs'],
  ['bearer', 'The key itself, in the header Authorization'],
] as const

const standardWindowSec = 300

function WebhookForm({ routine, trigger, onClose }: Omit<WebhookDialogProps, 'isOpen'>) {
  const [scheme, setScheme] = useState(trigger?.scheme ?? 'standard')
  const [version] = useState(trigger?.version)
  const add = useCommand('routines.addTrigger')
  const update = useCommand('routines.updateTrigger', { onDone: onClose })
  if (add.output?.key) return <Made path={add.output.path} value={add.output.key} onDone={onClose} />
  const submit = (fields: Fields) => {
    const said = {
      mapping: readMapping(routine, fields),
      ...(scheme === 'standard' && { windowSec: Number(fields.text('windowSec')) }),
    }
    if (trigger && version !== undefined) update.run({ triggerId: trigger.id, version, ...said })
    else add.run({ routineId: routine.id, kind: 'webhook', scheme, ...said })
  }
  return (
    <Form
      submit={trigger ? 'Save' : 'Add it'}
      isRunning={add.isRunning || update.isRunning}
      error={add.error ?? update.error}
      onSubmit={submit}
    >
      {trigger === null && (
        <SelectField
          label="How the other system proves itself"
          name="scheme"
          value={scheme}
          onChange={({ target }) => setScheme(schemes.find(([each]) => each === target.value)?.[0] ?? 'standard')}
          options={schemes}
        />
      )}
      {scheme === 'standard' && (
        <TextField
          label="A delivery counts for, in seconds"
          name="windowSec"
          type="number"
          min={30}
          max={86_400}
          required
          defaultValue={trigger?.windowSec ?? standardWindowSec}
          hint="An older one is refused, so that nobody sends it again later."
        />
      )}
      <Mapping routine={routine} trigger={trigger} />
    </Form>
  )
}

/** Which field of what is sent becomes which variable. */
function Mapping({ routine: { variables }, trigger }: Pick<WebhookDialogProps, 'routine' | 'trigger'>) {
  if (variables.length === 0)
    return (
      <p className="eng-soft">
        The routine has no variables, so nothing of what is sent comes into its tasks. Change the routine to declare some.
      </p>
    )
  return (
    <FieldGroup title="What is taken from the JSON that is sent">
      {variables.map(({ name, isRequired, default: standard }) => (
        <TextField
          key={name}
          label={name}
          name={`mapping.${name}`}
          placeholder="order.shop"
          autoComplete="off"
          defaultValue={trigger?.mapping?.[name]}
          hint={isRequired && standard === null ? 'Without it, the fire fails: it is required and has no default.' : undefined}
        />
      ))}
      <p className="eng-soft eng-small">Names with dots between them. A member that is left empty is not taken.</p>
    </FieldGroup>
  )
}

function readMapping({ variables }: Routine, fields: Fields): Record<string, string> {
  return Object.fromEntries(
    variables.flatMap(({ name }) => {
      const path = fields.maybe(`mapping.${name}`)
      return path === null ? [] : [[name, path] as const]
    }),
  )
}

function Made({ path, value, onDone }: { path: string | null; value: string; onDone(): void }) {
  const { url = '' } = useHost()
  return (
    <ShownOnce name="Key" value={value} onDone={onDone}>
      <p>
        Deliveries are sent by POST to <code className="eng-mono">{`${url}${path}`}</code>, with this key. It is shown now and never again.
      </p>
    </ShownOnce>
  )
}
