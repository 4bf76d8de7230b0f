import { useState } from 'react'

import { useList, useOperation } from '../../data/use-operation.ts'
import { Prose } from '../../parts/prose.tsx'
import { Card } from '../../parts/screen.tsx'
import { Empty, Read } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { Who } from '../../parts/who.tsx'

/** What was written for a task: plans, designs, notes. */
export function Documents({ taskId }: { taskId: string }) {
  const { items, isRead } = useList('documents.list', { taskId })
  const [chosen, setChosen] = useState<string | null>(null)
  const open = items.find(({ key }) => key === chosen) ?? items[0]
  if (!open)
    return (
      isRead && <Empty title="No documents">Plans and designs that agents write while they work stand here, with their revisions.</Empty>
    )
  return (
    <div className="eng-stack">
      <ul className="eng-row eng-row-wrap" aria-label="Documents">
        {items.map(({ key, title }) => (
          <li key={key}>
            <button type="button" className="eng-button" aria-pressed={key === open.key} onClick={() => setChosen(key)}>
              {title}
            </button>
          </li>
        ))}
      </ul>
      <Text taskId={taskId} documentKey={open.key} />
    </div>
  )
}

function Text({ taskId, documentKey }: { taskId: string; documentKey: string }) {
  const reading = useOperation('documents.get', { taskId, key: documentKey })
  return (
    <Read of={reading}>
      {(document) => (
        <Card
          title={document.title}
          aside={
            <span className="eng-row">
              <span className="eng-soft">revision {document.revision}</span>
              <Who kind={document.author.kind} id={document.author.id} />
              <Time at={document.revisedAt} />
            </span>
          }
        >
          <div className="eng-card-body">
            <Prose text={document.body} />
          </div>
        </Card>
      )}
    </Read>
  )
}
