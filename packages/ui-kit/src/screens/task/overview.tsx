import type { Task } from '@engine/core/contract'

import { useList, useOperation } from '../../data/use-operation.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Card } from '../../parts/screen.tsx'
import { Status } from '../../parts/status.tsx'
import { Blocked } from './blocked.tsx'
import { QuestionPanel } from '../inbox/question-panel.tsx'
import { ReviewPanel } from '../inbox/review-panel.tsx'
import type { WaitingReview } from '../inbox/waiting.ts'

/** What is to be done and what waits for a person, decided here. */
export function Overview({ task, deliverables }: { task: Task; deliverables: readonly WaitingReview[] }) {
  const { items: questions } = useList('interactions.list', { companyId: task.companyId, taskId: task.id, status: 'pending' })
  const pending = deliverables.find(({ status }) => status === 'pending')
  return (
    <div className="eng-stack">
      {task.blocked && <Blocked task={task} blocked={task.blocked} isAsked={questions.length > 0} />}
      {questions.map(({ id }) => (
        <Card key={id} title="A question waits">
          <QuestionPanel interactionId={id} />
        </Card>
      ))}
      {pending && (
        <Card title="A result waits for your review">
          <ReviewPanel deliverableId={pending.id} isInTask />
        </Card>
      )}
      {task.description === null ? <p className="eng-soft">No description.</p> : <Prose text={task.description} />}
      {task.acceptanceCriteria.length > 0 && (
        <section className="eng-stack eng-stack-tight">
          <h2>Done when</h2>
          <ul className="eng-prose">
            {task.acceptanceCriteria.map((criterion) => (
              <li key={criterion} className="eng-criterion">
                {criterion}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Surroundings taskId={task.id} />
    </div>
  )
}

/** Why it is done, what it waits for, and what is below it. */
function Surroundings({ taskId }: { taskId: string }) {
  const { data } = useOperation('tasks.context', { taskId })
  if (!data) return null
  const { goals, blockers, children } = data
  return (
    <>
      {goals.length > 0 && (
        <section className="eng-stack eng-stack-tight">
          <h2>What for</h2>
          <p>{goals.map(({ title }) => title).join(' ← ')}</p>
        </section>
      )}
      <Related title="Waits for" tasks={blockers} />
      <Related title="Parts" tasks={children} />
    </>
  )
}

interface RelatedTask {
  readonly identifier: string
  readonly title: string
  readonly status: string
}

function Related({ title, tasks }: { title: string; tasks: readonly RelatedTask[] }) {
  if (tasks.length === 0) return null
  return (
    <section className="eng-stack eng-stack-tight">
      <h2>{title}</h2>
      <ul className="eng-stack eng-stack-tight">
        {tasks.map(({ identifier, title: name, status }) => (
          <li key={identifier} className="eng-row">
            <Status of={status} isBare />
            <PlaceLink to={{ screen: 'task', taskId: identifier }} className="eng-cut">
              <span className="eng-soft eng-mono">{identifier}</span> {name}
            </PlaceLink>
          </li>
        ))}
      </ul>
    </section>
  )
}
