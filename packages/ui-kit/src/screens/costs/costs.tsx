import { Download } from 'lucide-react'
import { useState } from 'react'

import type { OutputOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { money } from '../../parts/format.ts'
import { PlaceLink, useChoices } from '../../parts/places.tsx'
import { save } from '../../parts/save.ts'
import { Screen } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { Tabs, type Tab } from '../../parts/tabs.tsx'
import { Tile } from '../../parts/tile.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { ByAgent, ByModel, ByProject, ByTask } from './by.tsx'
import { monthsUntil } from './days.ts'
import { Timeline } from './timeline.tsx'

type Summary = OutputOf<'costs.summary'>

/** What was spent: when, by whom, for what, on which model, and what the month will come to. */
export function Costs() {
  const { companyId } = useEngine()
  const reading = useOperation('costs.summary', { companyId })
  return (
    <Screen title="Costs" actions={<Actions />} isPadded>
      <Read of={reading}>{(summary) => <Shown summary={summary} />}</Read>
    </Screen>
  )
}

function Shown({ summary }: { summary: Summary }) {
  const { companyId } = useEngine()
  const { data: forecast } = useOperation('costs.forecast', { companyId })
  const { today, month, total } = summary
  const expected = forecast?.forecastMicros ?? null
  return (
    <div className="eng-stack">
      <div className="eng-tiles">
        <Tile name="Today" figure={money(today.costMicros)} />
        <Tile
          name="This month"
          figure={money(month.costMicros)}
          {...(month.imputedMicros > 0 && { note: `and ${money(month.imputedMicros)} that was paid for before` })}
        />
        <Tile
          name="At the end of the month"
          figure={expected === null ? '–' : money(expected)}
          note={forecast && expected !== null ? `by the last ${forecast.basis.days} full days` : 'after the first full day'}
        />
        <Tile name="In all" figure={money(total.costMicros)} />
      </div>
      {total.unpricedEvents > 0 && (
        <div className="eng-notice" data-tone="warn">
          {total.unpricedEvents} calls count as free, or as what was held for them, because nobody knows what their model costs.{' '}
          <PlaceLink to={{ screen: 'prices' }} className="eng-link">
            Set its price
          </PlaceLink>
        </div>
      )}
      <Timeline />
      <Parts day={summary.at.slice(0, 10)} />
    </div>
  )
}

function Parts({ day }: { day: string }) {
  const [choices, choose] = useChoices()
  const month = choices['month'] ?? ''
  const asked = month === '' ? {} : { month }
  const tabs: Tab[] = [
    { key: 'agent', label: 'By agent', content: () => <ByAgent {...asked} /> },
    { key: 'project', label: 'By project', content: () => <ByProject {...asked} /> },
    { key: 'model', label: 'By model', content: () => <ByModel {...asked} /> },
    { key: 'task', label: 'By task', content: () => <ByTask /> },
  ]
  const open = tabs.find(({ key }) => key === choices['by'])?.key ?? 'agent'
  return (
    <section className="eng-stack" aria-label="What it was spent on">
      {open !== 'task' && (
        <label className="eng-row">
          <span className="eng-soft">In</span>
          <select className="eng-input" data-fit value={month} onChange={({ target }) => choose({ month: target.value })}>
            <option value="">all time</option>
            {monthsUntil(day, 12).map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <Tabs tabs={tabs} open={open} onOpen={(by) => choose({ by })} />
    </section>
  )
}

function Actions() {
  return (
    <>
      <PlaceLink to={{ screen: 'prices' }} className="eng-link">
        Prices
      </PlaceLink>
      <DownloadTable />
    </>
  )
}

/** Every single cost, for a spreadsheet. */
function DownloadTable() {
  const { client, companyId } = useEngine()
  const tell = useTell()
  const [isRunning, setIsRunning] = useState(false)
  const download = async () => {
    setIsRunning(true)
    try {
      const { name, contentType, content } = await client.costs.export({ companyId })
      const bytes = await new Response(content).arrayBuffer()
      save(name, new Blob([bytes], { type: contentType }))
    } catch (error) {
      tell.failed(error)
    }
    setIsRunning(false)
  }
  return (
    <Button does="costs.export" disabled={isRunning} onClick={() => void download()}>
      <Download size={15} aria-hidden /> CSV
    </Button>
  )
}
