import { useDeferredValue, useState } from 'react'

import type { Trigger } from '@engine/core/contract'

import { explain } from '../../data/failure.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, SelectField, TextField } from '../../parts/form.tsx'
import { moment } from '../../parts/format.ts'
import { ShownOnce } from '../../parts/shown-once.tsx'

interface ScheduleDialogProps {
  readonly routineId: string
  /** The one that is changed; null for a new one. */
  readonly trigger: Trigger | null
  readonly isOpen: boolean
  onClose(): void
}

export function ScheduleDialog({ isOpen, onClose, ...rest }: ScheduleDialogProps) {
  return (
    <Dialog title={rest.trigger ? 'Change the schedule' : 'Add a schedule'} isOpen={isOpen} onClose={onClose}>
      <ScheduleForm {...rest} onClose={onClose} />
    </Dialog>
  )
}

const usual = [
  ['0 9 * * 1-5', 'Weekdays at 9'],
  ['0 * * * *', 'Every hour'],
  ['0 7 * * *', 'Every day at 7'],
  ['0 9 * * 1', 'Mondays at 9'],
  ['0 9 1 * *', 'The first of the month at 9'],
] as const

function ScheduleForm({ routineId, trigger, onClose }: Omit<ScheduleDialogProps, 'isOpen'>) {
  const [expression, setExpression] = useState(trigger?.expression ?? usual[0][0])
  const [timeZone, setTimeZone] = useState(trigger?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone)
  const [version] = useState(trigger?.version)
  const add = useCommand('routines.addTrigger', { onDone: onClose })
  const update = useCommand('routines.updateTrigger', { onDone: onClose })
  const submit = () => {
    if (trigger && version !== undefined) update.run({ triggerId: trigger.id, version, expression, timeZone })
    else add.run({ routineId, kind: 'cron', expression, timeZone })
  }
  return (
    <Form
      submit={trigger ? 'Save' : 'Add it'}
      isRunning={add.isRunning || update.isRunning}
      error={add.error ?? update.error}
      onSubmit={submit}
    >
      <SelectField
        label="As usual"
        value={usual.some(([each]) => each === expression) ? expression : ''}
        onChange={(event) => event.target.value !== '' && setExpression(event.target.value)}
        options={[['', 'Of your own'], ...usual]}
      />
      <TextField
        label="When"
        required
        value={expression}
        onChange={(event) => setExpression(event.target.value)}
        hint="Minute, hour, day of the month, month, day of the week."
      />
      <TextField label="Time zone" required value={timeZone} onChange={(event) => setTimeZone(event.target.value)} />
      <NextTimes expression={expression} timeZone={timeZone} />
    </Form>
  )
}

/** The next three times, while it is being written. */
function NextTimes(given: { expression: string; timeZone: string }) {
  const { companyId } = useEngine()
  const expression = useDeferredValue(given.expression.trim())
  const timeZone = useDeferredValue(given.timeZone.trim())
  const isAsked = expression !== '' && timeZone !== ''
  const { data, error } = useOperation('routines.preview', isAsked ? { companyId, expression, timeZone, count: 3 } : null)
  if (error) return <p className="eng-bad">{explain(error).message}</p>
  return (
    <div aria-live="polite">
      <p className="eng-field-label">Next times</p>
      <ol aria-label="Next times">
        {(data?.items ?? []).map((at) => (
          <li key={at}>
            <time dateTime={at}>{moment(at)}</time>
          </li>
        ))}
      </ol>
    </div>
  )
}

export function WebhookDialog({ routineId, isOpen, onClose }: { routineId: string; isOpen: boolean; onClose(): void }) {
  return (
    <Dialog title="Add a webhook" isOpen={isOpen} onClose={onClose}>
      <WebhookForm routineId={routineId} onClose={onClose} />
    </Dialog>
  )
}

const schemes = [
  ['standard', 'Standard Webhooks: signed with id, time and body'],
  ['github', 'As GitHub signs'],
  ['bearer', 'The key itself, in the header Authorization'],
] as const

function WebhookForm({ routineId, onClose }: { routineId: string; onClose(): void }) {
  const add = useCommand('routines.addTrigger')
  if (add.output?.key) return <ShownOnce name="Key" value={add.output.key} onDone={onClose} />
  const submit = (fields: Fields) => {
    const scheme = schemes.find(([each]) => each === fields.text('scheme'))?.[0] ?? 'standard'
    add.run({ routineId, kind: 'webhook', scheme })
  }
  return (
    <Form submit="Add it" isRunning={add.isRunning} error={add.error} onSubmit={submit}>
      <SelectField label="How the other system proves itself" name="scheme" options={schemes} />
    </Form>
  )
}
