import { useState } from 'react'

import type { Routine, Trigger } from '@engine/core/contract'

import { useMay } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Part } from '../../parts/split.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { moment } from '../../parts/format.ts'
import { OnceDialog } from '../../parts/shown-once.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { ScheduleDialog } from './schedule-dialog.tsx'
import { WebhookDialog } from './webhook-dialog.tsx'

const fewTimes = 3

/** What makes a routine fire: times of a clock, and calls of other systems. */
export function Triggers({ routine }: { routine: Routine }) {
  const { items, isRead } = useList('routines.triggers', { routineId: routine.id })
  const [open, setOpen] = useState<'schedule' | 'webhook' | null>(null)
  const close = () => setOpen(null)
  const add = routine.status !== 'archived' && (
    <>
      <Button does="routines.addTrigger" onClick={() => setOpen('schedule')}>
        Add a schedule
      </Button>
      <Button does="routines.addTrigger" onClick={() => setOpen('webhook')}>
        Add a webhook
      </Button>
    </>
  )
  return (
    <Part title="When" aside={add}>
      {isRead && items.length === 0 && (
        <p className="eng-soft">Only when it is called: add a schedule, let another system call it, or run it now.</p>
      )}
      <ul className="eng-lines" aria-label="Triggers">
        {items.map((trigger) => (
          <li key={trigger.id}>
            <Line routine={routine} trigger={trigger} />
          </li>
        ))}
      </ul>
      <ScheduleDialog routineId={routine.id} trigger={null} isOpen={open === 'schedule'} onClose={close} />
      <WebhookDialog routine={routine} trigger={null} isOpen={open === 'webhook'} onClose={close} />
    </Part>
  )
}

function Line({ routine, trigger }: { routine: Routine; trigger: Trigger }) {
  const may = useMay()
  const [open, setOpen] = useState<'change' | 'remove' | 'key' | null>(null)
  const close = () => setOpen(null)
  const tell = useTell()
  const options = { onFailed: tell.failed }
  const { id: triggerId, version, isEnabled, kind } = trigger
  const update = useCommand('routines.updateTrigger', options)
  const remove = useCommand('routines.removeTrigger', { ...options, onDone: close })
  const rotate = useCommand('routines.rotateTrigger', { ...options, onDone: () => setOpen('key') })
  return (
    <>
      <div className="eng-grow">{kind === 'cron' ? <Schedule trigger={trigger} /> : <Webhook trigger={trigger} />}</div>
      {routine.status !== 'archived' && (
        <div className="eng-row">
          <label className="eng-row">
            <input
              type="checkbox"
              className="eng-check"
              checked={isEnabled}
              disabled={update.isRunning || !may('routines.updateTrigger')}
              onChange={() => update.run({ triggerId, version, isEnabled: !isEnabled })}
            />
            on
          </label>
          <Button does="routines.updateTrigger" look="plain" onClick={() => setOpen('change')}>
            Change
          </Button>
          {kind === 'webhook' && (
            <Button does="routines.rotateTrigger" look="plain" disabled={rotate.isRunning} onClick={() => rotate.run({ triggerId })}>
              Other key
            </Button>
          )}
          <Button does="routines.removeTrigger" look="plain" onClick={() => setOpen('remove')}>
            Remove
          </Button>
        </div>
      )}
      {kind === 'cron' ? (
        <ScheduleDialog routineId={routine.id} trigger={trigger} isOpen={open === 'change'} onClose={close} />
      ) : (
        <WebhookDialog routine={routine} trigger={trigger} isOpen={open === 'change'} onClose={close} />
      )}
      <OnceDialog title="The other key" value={open === 'key' ? (rotate.output?.key ?? '') : null} onClose={close} />
      <Confirm
        title="Remove it"
        act="Remove it"
        isOpen={open === 'remove'}
        isRunning={remove.isRunning}
        onClose={close}
        onAct={() => remove.run({ triggerId, version })}
      >
        The routine is not fired by it any more{kind === 'webhook' && ', and its key opens nothing'}.
      </Confirm>
    </>
  )
}

function Schedule({ trigger: { companyId, expression, timeZone, nextAt } }: { trigger: Trigger }) {
  const asked = nextAt === null || expression === null ? null : { companyId, expression, timeZone: timeZone ?? 'UTC', count: fewTimes }
  const { data } = useOperation('routines.preview', asked)
  return (
    <>
      <p>
        <code className="eng-mono">{expression}</code> <span className="eng-soft">{timeZone}</span>
      </p>
      {nextAt === null ? (
        <p className="eng-soft eng-small">Off: it does not fire.</p>
      ) : (
        <p className="eng-soft eng-small">
          Next <Time at={nextAt} />: {(data?.items ?? [nextAt]).map(moment).join(' · ')}
        </p>
      )}
    </>
  )
}

function Webhook({ trigger: { path, scheme, mapping, previousKeyUntil, lastFiredAt } }: { trigger: Trigger }) {
  const taken = Object.entries(mapping ?? {}).map(([variable, field]) => `${variable} from ${field}`)
  return (
    <>
      <p>
        POST <code className="eng-mono">{path}</code> <span className="eng-soft">{scheme}</span>
      </p>
      <p className="eng-soft eng-small">
        {lastFiredAt === null ? (
          'Nobody has called it yet.'
        ) : (
          <>
            Called last <Time at={lastFiredAt} />.
          </>
        )}
        {taken.length > 0 && <> Takes {taken.join(', ')}.</>}
        {previousKeyUntil !== null && <> The key before counts until {moment(previousKeyUntil)}.</>}
      </p>
    </>
  )
}
