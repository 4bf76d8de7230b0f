import { useId, useState } from 'react'

import type { Comment } from '@engine/core/contract'

import { useMay } from '../../data/provider.tsx'
import { useCommand, type ReadingList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { chord, isChord } from '../../parts/chord.ts'
import { Prose } from '../../parts/prose.tsx'
import { Empty } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'

/** A task, or a version of its result. */
type About = { readonly taskId: string } | { readonly deliverableId: string }

/** What was said about something; a mention wakes whom it names. */
export function Thread({ about, comments: { items, isRead } }: { about: About; comments: Pick<ReadingList<Comment>, 'items' | 'isRead'> }) {
  return (
    <div className="eng-stack">
      {isRead && items.length === 0 && (
        <Empty title="Nothing was said yet">Write to whoever works on it. Mention an agent, such as @Ada, and it wakes.</Empty>
      )}
      <ol className="eng-stack">
        {items.map((comment) => (
          <li key={comment.id} className="eng-card eng-card-body eng-stack eng-stack-tight" data-answers={comment.parentId ?? undefined}>
            <div className="eng-row">
              <Who kind={comment.author.kind} id={comment.author.id} />
              <Time at={comment.createdAt} />
            </div>
            <Prose text={comment.body} />
          </li>
        ))}
      </ol>
      <Compose about={about} />
    </div>
  )
}

function Compose({ about }: { about: About }) {
  const id = useId()
  const tell = useTell()
  const [body, setBody] = useState('')
  const told = { onFailed: tell.failed, onDone: () => setBody('') }
  const onTask = useCommand('comments.create', told)
  const onDeliverable = useCommand('comments.createOnDeliverable', told)
  const may = useMay()
  if (!may('taskId' in about ? 'comments.create' : 'comments.createOnDeliverable')) return null
  const isRunning = onTask.isRunning || onDeliverable.isRunning
  const send = () => {
    if (body.trim() === '' || isRunning) return
    if ('taskId' in about) onTask.run({ ...about, body })
    else onDeliverable.run({ ...about, body })
  }
  return (
    <form
      className="eng-stack eng-stack-tight"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <label className="eng-hidden" htmlFor={id}>
        Your comment
      </label>
      <textarea
        id={id}
        className="eng-input"
        placeholder="Write in Markdown"
        value={body}
        onChange={(event) => setBody(event.target.value)}
        onKeyDown={(event) => isChord(event, 'Enter') && send()}
      />
      <div className="eng-row">
        <Button type="submit" disabled={body.trim() === '' || isRunning} shortcut={chord('↵')}>
          Comment
        </Button>
      </div>
    </form>
  )
}
