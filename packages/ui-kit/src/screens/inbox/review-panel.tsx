import { useState } from 'react'

import type { Deliverable } from '@engine/core/contract'

import { takeOff } from '../../data/optimistic.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Diff } from '../../parts/diff.tsx'
import { DownloadButton } from '../../parts/download.tsx'
import { bytes, money } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Json } from '../../parts/screen.tsx'
import { FailureNotice, Loading, Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { Decision, type Verdict } from './decision.tsx'

/** A version of a result, with what it was before, and the decision on it while it waits for one. */
export function ReviewPanel({ deliverableId, isInTask = false }: { deliverableId: string; isInTask?: boolean }) {
  const reading = useOperation('deliverables.get', { deliverableId })
  return <Read of={reading}>{(deliverable) => <Version deliverable={deliverable} isInTask={isInTask} />}</Read>
}

function Version({ deliverable, isInTask }: { deliverable: Deliverable; isInTask: boolean }) {
  const [isCompared, setIsCompared] = useState(false)
  const hasBefore = deliverable.parentId !== null
  const compare = () => setIsCompared((was) => hasBefore && !was)
  useKeys({ d: compare })
  return (
    <>
      <article className="eng-pad eng-stack">
        <header className="eng-stack eng-stack-tight">
          {!isInTask && <TaskLine taskId={deliverable.taskId} />}
          <div className="eng-row eng-row-wrap">
            <h2 className="eng-screen-title eng-grow">{deliverable.title}</h2>
            {hasBefore && (
              <Button onClick={compare} aria-pressed={isCompared} shortcut="d">
                Compare with version {deliverable.number - 1}
              </Button>
            )}
          </div>
          <div className="eng-row eng-row-wrap eng-soft">
            <Status of={deliverable.status} />
            <span>version {deliverable.number}</span>
            {deliverable.agentId !== null && <Who kind="agent" id={deliverable.agentId} />}
            <Time at={deliverable.createdAt} />
            {deliverable.usage?.costMicros !== undefined && <span>{money(deliverable.usage.costMicros)}</span>}
          </div>
        </header>
        {deliverable.summary !== null && <p className="eng-soft">{deliverable.summary}</p>}
        <Outcome deliverable={deliverable} />
        {isCompared ? (
          <Changes deliverableId={deliverable.id} />
        ) : (
          <Prose text={deliverable.content} contentType={deliverable.contentType} />
        )}
        <Attached deliverable={deliverable} />
      </article>
      {deliverable.status === 'pending' && <ReviewDecision deliverable={deliverable} />}
    </>
  )
}

function TaskLine({ taskId }: { taskId: string }) {
  const { data: task } = useOperation('tasks.get', { taskId })
  if (!task) return null
  return (
    <PlaceLink to={{ screen: 'task', taskId: task.identifier }} className="eng-row eng-soft">
      <span className="eng-mono">{task.identifier}</span>
      <span className="eng-cut">{task.title}</span>
    </PlaceLink>
  )
}

function Outcome({ deliverable: { review } }: { deliverable: Deliverable }) {
  if (!review) return null
  return (
    <div className="eng-notice" data-tone={review.decision === 'approved' ? 'busy' : 'warn'}>
      <div className="eng-row eng-row-wrap">
        <Status of={review.decision} />
        <Who kind={review.reviewer.kind} id={review.reviewer.id} />
        <Time at={review.createdAt} />
      </div>
      {review.feedback !== null && <Prose text={review.feedback} />}
    </div>
  )
}

function Changes({ deliverableId }: { deliverableId: string }) {
  const { data, error } = useOperation('deliverables.diff', { deliverableId })
  if (error) return <FailureNotice error={error} />
  if (!data) return <Loading what="Comparing" />
  return (
    <div className="eng-stack eng-stack-tight">
      <p className="eng-soft eng-small">
        {data.added} lines added, {data.removed} removed
      </p>
      {data.patch === null ? <p>The two have too little in common to be compared.</p> : <Diff patch={data.patch} />}
    </div>
  )
}

function Attached({ deliverable: { id: deliverableId, files, actions } }: { deliverable: Deliverable }) {
  const { client } = useEngine()
  return (
    <>
      {files.length > 0 && (
        <section className="eng-stack eng-stack-tight">
          <h3>Files</h3>
          <ul>
            {files.map((file) => (
              <li key={file.attachmentId} className="eng-row">
                <span className="eng-grow eng-cut">{file.name}</span>
                <span className="eng-soft eng-small">{bytes(file.byteSize)}</span>
                <DownloadButton
                  name={file.name}
                  read={() => client.deliverables.file({ deliverableId, attachmentId: file.attachmentId })}
                />
              </li>
            ))}
          </ul>
        </section>
      )}
      {actions.length > 0 && (
        <section className="eng-stack eng-stack-tight">
          <h3>Actions</h3>
          <Json of={actions} />
        </section>
      )}
    </>
  )
}

function ReviewDecision({ deliverable }: { deliverable: Deliverable }) {
  const tell = useTell()
  const review = useCommand('deliverables.review', {
    optimistic: (queries, input) => takeOff(queries, 'deliverables.list', input.deliverableId),
    onDone: ({ title, status }) =>
      tell.done(`${title}: ${status === 'approved' ? 'approved' : status === 'rejected' ? 'rejected' : 'changes requested'}`),
    onFailed: tell.failed,
  })
  const decide = (decision: 'approved' | 'revision_requested' | 'rejected') => (feedback: string | undefined) =>
    review.run({ deliverableId: deliverable.id, decision, ...(feedback !== undefined && { feedback }) })
  const verdicts: Verdict[] = [
    { key: 'a', does: 'deliverables.review', label: 'Approve', look: 'strong', note: null, decide: decide('approved') },
    {
      key: 'r',
      does: 'deliverables.review',
      label: 'Request changes',
      note: { label: 'What should change?', isRequired: true },
      decide: decide('revision_requested'),
    },
    {
      key: 'x',
      does: 'deliverables.review',
      label: 'Reject',
      look: 'bad',
      note: { label: 'Why is it rejected? The task stops until somebody unblocks it.', isRequired: false },
      decide: decide('rejected'),
    },
  ]
  return <Decision verdicts={verdicts} isRunning={review.isRunning} />
}
