import type { ReactNode } from 'react'

import type { Spent } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList, type ReadingList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { count, money } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Card } from '../../parts/screen.tsx'
import { Empty, FailureNotice, Loading } from '../../parts/states.tsx'
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

const wide = (share: number) => (element: HTMLElement | null) => element?.style.setProperty('inline-size', `${share * 100}%`)

/** Who or what cost how much; the bar compares with what cost most. */
function Spendings<Item extends Spent>({ of, what, keyOf, name }: SpendingsProps<Item>) {
  const { items, error, isLoading, hasMore, more, retry } = of
  if (error && items.length === 0) return <FailureNotice error={error} onRetry={retry} />
  if (isLoading) return <Loading />
  if (items.length === 0)
    return <Empty title="Nothing was spent">What runs of agents cost comes here by itself, and what other programs report.</Empty>
  const most = Math.max(1, ...items.map(({ costMicros, imputedMicros }) => costMicros + imputedMicros))
  return (
    <Card>
      <div className="eng-scroll" role="region" aria-label={`By ${what.toLowerCase()}`} tabIndex={0}>
        <table className="eng-table">
          <thead>
            <tr>
              <th>{what}</th>
              <th className="eng-wide eng-share">
                <span className="eng-hidden">Share</span>
              </th>
              <th data-number>Cost</th>
              <th data-number>Tokens in</th>
              <th data-number>Out</th>
              <th data-number>Calls</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={keyOf(item)}>
                <td>{name(item)}</td>
                <td className="eng-wide eng-share">
                  <div className="eng-bar" aria-hidden>
                    <span className="eng-bar-part" ref={wide(item.costMicros / most)} />
                    <span className="eng-bar-part" data-tone="held" ref={wide(item.imputedMicros / most)} />
                  </div>
                </td>
                <td data-number title={item.imputedMicros > 0 ? `${money(item.imputedMicros)} more was paid for before` : undefined}>
                  {money(item.costMicros)}
                </td>
                <td data-number>{count(item.inputTokens)}</td>
                <td data-number>{count(item.outputTokens)}</td>
                <td data-number>{count(item.events)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hasMore && (
        <div className="eng-card-body">
          <Button onClick={more}>More</Button>
        </div>
      )}
    </Card>
  )
}
