import type { Approval } from '@engine/core/contract'

import { takeOff } from '../../data/optimistic.ts'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { labelOf } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Card, Facts, Json } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { AgentName, Who } from '../../parts/who.tsx'
import { HigherLimit } from './about.tsx'
import { Decision, type Verdict } from './decision.tsx'
import { approvalTitle } from './waiting.ts'

/** A permission that is asked for: what exactly, by whom and why, and the decision while it waits for one. */
export function ApprovalPanel({ approvalId }: { approvalId: string }) {
  const reading = useOperation('approvals.get', { approvalId })
  return <Read of={reading}>{(approval) => <Shown approval={approval} />}</Read>
}

function Shown({ approval }: { approval: Approval }) {
  const { requestedBy, decidedBy, payload, payloadHash } = approval
  const summary = typeof payload['summary'] === 'string' ? payload['summary'] : null
  return (
    <>
      <article className="eng-pad eng-stack">
        <header className="eng-stack eng-stack-tight">
          <h2 className="eng-screen-title">{approvalTitle(approval)}</h2>
          <div className="eng-row eng-row-wrap">
            <Status of={approval.status} />
            <Who kind={requestedBy.kind} id={requestedBy.id} />
            <Time at={approval.createdAt} />
            {approval.taskId !== null && (
              <PlaceLink to={{ screen: 'task', taskId: approval.taskId }} className="eng-soft">
                its task
              </PlaceLink>
            )}
          </div>
        </header>
        {approval.reason !== null && <Prose text={approval.reason} />}
        {summary !== null && <Prose text={summary} />}
        {decidedBy && (
          <div className="eng-notice" data-tone={approval.status === 'approved' ? 'busy' : 'warn'}>
            <div className="eng-row">
              <Status of={approval.status} />
              <Who kind={decidedBy.kind} id={decidedBy.id} />
              {approval.decidedAt !== null && <Time at={approval.decidedAt} />}
            </div>
            {approval.decisionNote !== null && <p>{approval.decisionNote}</p>}
          </div>
        )}
        <Card
          title="What is asked for"
          aside={
            <code className="eng-soft eng-small" title={payloadHash}>
              {payloadHash.slice(0, 12)}
            </code>
          }
        >
          <div className="eng-card-body">
            {approval.type === 'budget_override' ? (
              <HigherLimit approval={approval} otherwise={<Payload of={payload} />} />
            ) : (
              <Payload of={payload} />
            )}
            {!approval.isPayloadComplete && <p className="eng-soft">Parts of it are shown to admins only.</p>}
          </div>
        </Card>
      </article>
      {approval.status === 'pending' && <ApprovalDecision approval={approval} />}
    </>
  )
}

function Payload({ of }: { of: Approval['payload'] }) {
  const shown = Object.entries(of).filter(([name, value]) => name !== 'summary' && value !== null)
  if (shown.length === 0) return <p className="eng-soft">Nothing beside it.</p>
  return <Facts of={shown.map(([name, value]) => [labelOf(name), <Value key={name} name={name} of={value} />])} />
}

/** As it is; whom it names, by their name. */
function Value({ name, of }: { name: string; of: Approval['payload'][string] | undefined }) {
  if (typeof of === 'string') return agentMembers.has(name) ? <AgentName id={of} /> : of
  if (typeof of !== 'object' || of === null) return String(of)
  if (Object.keys(of).length === 0) return <span className="eng-soft">none</span>
  if (Array.isArray(of) && of.every((each) => typeof each === 'string')) return of.join(', ')
  return <Json of={of} />
}

const agentMembers = new Set(['reportsTo', 'agentId'])

/** What Engine itself asks for: there is nobody who could change it. */
const ownTypes: readonly Approval['type'][] = ['budget_override', 'plugin_install']

function ApprovalDecision({ approval: { id: approvalId, payloadHash, type } }: { approval: Approval }) {
  const tell = useTell()
  const options = { optimistic: leave, onFailed: tell.failed }
  const approve = useCommand('approvals.approve', { ...options, onDone: () => tell.done('Approved') })
  const reject = useCommand('approvals.reject', { ...options, onDone: () => tell.done('Rejected') })
  const revise = useCommand('approvals.requestRevision', { ...options, onDone: () => tell.done('Sent back') })
  const sendBack: Verdict = {
    key: 'r',
    does: 'approvals.requestRevision',
    label: 'Send back',
    note: { label: 'What should change?', isRequired: true },
    decide: (note = '') => revise.run({ approvalId, note }),
  }
  const verdicts: Verdict[] = [
    // It is about what was read: with another payload by now, it is refused.
    {
      key: 'a',
      does: 'approvals.approve',
      label: 'Approve',
      look: 'strong',
      note: null,
      decide: () => approve.run({ approvalId, payloadHash }),
    },
    ...(ownTypes.includes(type) ? [] : [sendBack]),
    {
      key: 'x',
      does: 'approvals.reject',
      label: 'Reject',
      look: 'bad',
      note: { label: 'Why?', isRequired: true },
      decide: (note = '') => reject.run({ approvalId, note }),
    },
  ]
  return <Decision verdicts={verdicts} isRunning={approve.isRunning || reject.isRunning || revise.isRunning} />
}

const leave = (queries: Parameters<typeof takeOff>[0], { approvalId }: { approvalId: string }) =>
  takeOff(queries, 'approvals.list', approvalId)
