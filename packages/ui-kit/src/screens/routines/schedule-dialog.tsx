import { useState } from 'react'

import type { Trigger } from '@engine/core/contract'

import { useCommand } from '../../data/use-operation.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Form, SelectField, TextField } from '../../parts/form.tsx'
import { NextTimes } from '../../parts/next-times.tsx'

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
        name="expression"
        required
        value={expression}
        onChange={(event) => setExpression(event.target.value)}
        hint="Minute, hour, day of the month, month, day of the week."
      />
      <TextField label="Time zone" name="timeZone" required value={timeZone} onChange={(event) => setTimeZone(event.target.value)} />
      <NextTimes expression={expression} timeZone={timeZone} />
    </Form>
  )
}
