import { useState } from 'react'

import { useList, type ReadingList } from '../../data/use-operation.ts'
import { Card } from '../../parts/screen.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { ReviewPanel } from '../inbox/review-panel.tsx'
import type { WaitingReview } from '../inbox/waiting.ts'
import { Thread } from './thread.tsx'

/** All versions of a result, the newest opened. */
export function Deliverables({ of: { items, isRead } }: { of: Pick<ReadingList<WaitingReview>, 'items' | 'isRead'> }) {
  const [chosen, setChosen] = useState<string | null>(null)
  const newest = items.toReversed()
  const open = newest.find(({ id }) => id === chosen) ?? newest[0]
  if (!open)
    return (
      isRead && <Empty title="No result yet">What an agent submits stands here, with each version and what changed between them.</Empty>
    )
  return (
    <div className="eng-stack">
      <ul className="eng-row eng-row-wrap" aria-label="Versions">
        {newest.map(({ id, number, status, createdAt }) => (
          <li key={id}>
            <button type="button" className="eng-button" aria-pressed={id === open.id} onClick={() => setChosen(id)}>
              Version {number} <Status of={status} isBare /> <Time at={createdAt} />
            </button>
          </li>
        ))}
      </ul>
      <Card>
        <ReviewPanel key={open.id} deliverableId={open.id} isInTask />
      </Card>
      <Said key={open.id} deliverableId={open.id} />
    </div>
  )
}

/** What was said about one version; it stands in the thread of the task too. */
function Said({ deliverableId }: { deliverableId: string }) {
  const comments = useList('comments.listOnDeliverable', { deliverableId })
  return (
    <section className="eng-stack eng-stack-tight" aria-label="About this version">
      <h2>About this version</h2>
      <Thread about={{ deliverableId }} comments={comments} />
    </section>
  )
}
