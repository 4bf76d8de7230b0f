import { useState, type KeyboardEvent, type PointerEvent } from 'react'

import { money } from './format.ts'
import { Table } from './table.tsx'

export interface ChartDay {
  readonly day: string
  readonly micros: number
  /** It is still to come, and this is what it will probably be. */
  readonly isForecast: boolean
}

const height = 100

/** Money by day, as bars; one day is read out at a time, by the pointer or the arrow keys, and all of them stand in a table below. */
export function DayChart({ label, days }: { label: string; days: readonly ChartDay[] }) {
  const lastPaid = days.findLastIndex(({ isForecast }) => !isForecast)
  const [chosen, setChosen] = useState<number | null>(null)
  const at = Math.min(days.length - 1, Math.max(0, chosen ?? lastPaid))
  const day = days[at]
  if (!day) return null
  const most = Math.max(0, ...days.map(({ micros }) => micros))
  const onKeyDown = (event: KeyboardEvent) => {
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: days.length - 1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    setChosen(Math.min(days.length - 1, Math.max(0, next)))
  }
  const onPointerMove = (event: PointerEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    setChosen(Math.floor(((event.clientX - left) / Math.max(1, width)) * days.length))
  }
  return (
    <figure className="eng-stack eng-stack-tight">
      <figcaption className="eng-row eng-small">
        <span className="eng-grow">
          <strong>{money(day.micros)}</strong> <span className="eng-soft">{day.isForecast ? `expected on ${day.day}` : day.day}</span>
        </span>
        <span className="eng-soft">{money(most)} at most</span>
      </figcaption>
      <div
        className="eng-chart-frame"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={days.length - 1}
        aria-valuenow={at}
        aria-valuetext={`${day.day}: ${money(day.micros)}${day.isForecast ? ', expected' : ''}`}
        onKeyDown={onKeyDown}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setChosen(null)}
      >
        <svg viewBox={`0 0 ${days.length} ${height}`} preserveAspectRatio="none" aria-hidden className="eng-chart">
          {days.map(({ day: name, micros, isForecast }, index) => {
            const size = micros === 0 ? 1 : Math.max(2, (micros / most) * height)
            const look = isForecast ? 'forecast' : index === at ? 'chosen' : undefined
            return <rect key={name} x={index + 0.12} y={height - size} width={0.76} height={size} data-look={look} />
          })}
        </svg>
      </div>
      <div className="eng-row eng-soft eng-small" aria-hidden>
        <span className="eng-grow">{days[0]?.day}</span>
        <span>{days.at(-1)?.day}</span>
      </div>
      <InFigures days={days} label={label} />
    </figure>
  )
}

function InFigures({ days, label }: { days: readonly ChartDay[]; label: string }) {
  return (
    <details>
      <summary className="eng-soft eng-small">As a table</summary>
      <Table label={`${label}, as a table`} columns={['Day', { title: 'Cost', isNumber: true }]}>
        {days.map(({ day, micros, isForecast }) => (
          <tr key={day}>
            <td>
              {day} {isForecast && <span className="eng-soft">expected</span>}
            </td>
            <td data-number>{money(micros)}</td>
          </tr>
        ))}
      </Table>
    </details>
  )
}
