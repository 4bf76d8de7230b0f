import type { ReactNode } from 'react'

import type { Spent } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList, type ReadingList } from '../../data/use-operation.ts'
import { Bar } from '../../parts/bar.tsx'
import { count, money } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Empty } from '../../parts/states.tsx'
import { ListTable } from '../../parts/table.tsx'
import { AgentName } from '../../parts/who.tsx'

interface Asked {
  /** All time when left out. */
  readonly month?: string
}

export function ByAgent(asked: Asked) {
  const { companyId } = useEngine()
  const reading = useList('costs.byAgent', { companyId, ...asked })
  return <Spendings of={reading} what="Agent" keyOf={({ agentId }) => agentId} name={({ agentId }) => <AgentName id={agentId} />} />
}

export function ByProject(asked: Asked) {
  const { companyId } = useEngine()
  const reading = useList('costs.byProject', { companyId, ...asked })
  return <Spendings of={reading} what="Project" keyOf={({ projectId }) => projectId} name={({ name }) => name} />
}

export function ByModel(asked: Asked) {
  const { companyId } = useEngine()
  const reading = useList('costs.byModel', { companyId, ...asked })
  return (
    <Spendings
      of={reading}
      what="Model"
      keyOf={({ provider, model }) => `${provider} ${model ?? ''}`}
      name={({ provider, model }) => (
        <>
          {model ?? '–'} <span className="eng-soft">{provider}</span>
        </>
      )}
    />
  )
}

export function ByTask() {
  const { companyId } = useEngine()
  const reading = useList('costs.byTask', { companyId })
  return (
    <Spendings
      of={reading}
      what="Task"
      keyOf={({ taskId }) => taskId}
      name={({ identifier, title }) => (
        <PlaceLink to={{ screen: 'task', taskId: identifier }} className="eng-row">
          <span className="eng-soft eng-mono">{identifier}</span>
          <span className="eng-cut">{title}</span>
        </PlaceLink>
      )}
    />
  )
}

interface SpendingsProps<Item extends Spent> {
  readonly of: ReadingList<Item>
  readonly what: string
  keyOf(item: Item): string
  name(item: Item): ReactNode
}

/** Who or what cost how much; the bar compares with what cost most. */
function Spendings<Item extends Spent>({ of, what, keyOf, name }: SpendingsProps<Item>) {
  const most = Math.max(1, ...of.items.map(({ costMicros, imputedMicros }) => costMicros + imputedMicros))
  const share = (micros: number) => (micros / most) * 100
  return (
    <ListTable
      label={`By ${what.toLowerCase()}`}
      list={of}
      empty={<Empty title="Nothing was spent">What runs of agents cost comes here by itself, and what other programs report.</Empty>}
      columns={[what, { title: 'Share', isHidden: true, className: 'eng-wide eng-share' }, ...figures]}
      row={(item) => (
        <tr key={keyOf(item)}>
          <td>{name(item)}</td>
          <td className="eng-wide eng-share">
            <Bar
              shares={[
                [share(item.costMicros), undefined],
                [share(item.imputedMicros), 'held'],
              ]}
            />
          </td>
          <td data-number title={item.imputedMicros > 0 ? `${money(item.imputedMicros)} more was paid for before` : undefined}>
            {money(item.costMicros)}
          </td>
          <td data-number>{count(item.inputTokens)}</td>
          <td data-number>{count(item.outputTokens)}</td>
          <td data-number>{count(item.events)}</td>
        </tr>
      )}
    />
  )
}

const figures = ['Cost', 'Tokens in', 'Out', 'Calls'].map((title) => ({ title, isNumber: true }))
