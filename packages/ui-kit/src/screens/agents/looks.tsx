import type { Agent } from '@engine/core/contract'

import type { Fields } from '../../parts/fields.ts'
import { FieldGroup, TextField, Tick } from '../../parts/form.tsx'
import { Time } from '../../parts/time.tsx'

type Schedule = Agent['schedule']

/** When an agent looks for work by itself. */
export function LooksFields({ schedule }: { schedule: Schedule }) {
  return (
    <FieldGroup title="Looks for work by itself">
      <TextField
        label="Every so many minutes"
        name="looks"
        path="schedule.intervalSec"
        type="number"
        min={0.5}
        max={43_200}
        step="any"
        placeholder="never"
        defaultValue={schedule ? schedule.intervalSec / 60 : ''}
        hint="When it has nothing to do then, it starts the most urgent task that it could take. Only for those that start by themselves."
      />
      <Tick label="Switched on" name="isLooking" isTicked={schedule?.enabled ?? true} />
    </FieldGroup>
  )
}

/** What a form says of it; nothing where that is as it was, since the next look would be put off. Pure. */
export function readLooks(fields: Fields, before: Schedule): { schedule?: Schedule } {
  const minutes = fields.text('looks')
  const schedule = minutes === '' ? null : { enabled: fields.isTicked('isLooking'), intervalSec: Math.round(Number(minutes) * 60) }
  const isSame = schedule?.intervalSec === before?.intervalSec && schedule?.enabled === before?.enabled
  return isSame ? {} : { schedule }
}

/** The same as a fact about an agent. */
export function Looks({ agent: { schedule, wakesAt } }: { agent: Agent }) {
  if (schedule === null) return 'when it is given some'
  if (!schedule.enabled) return `every ${interval(schedule.intervalSec)}, switched off`
  return (
    <>
      every {interval(schedule.intervalSec)}
      {wakesAt !== null && (
        <>
          , not before <Time at={wakesAt} />
        </>
      )}
    </>
  )
}

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** In the largest unit of which it is a whole number. Pure. */
function interval(seconds: number): string {
  const [unit, size] = units.find(([, each]) => seconds % each === 0) ?? ['second', 1]
  return seconds === size ? unit : `${seconds / size} ${unit}s`
}
