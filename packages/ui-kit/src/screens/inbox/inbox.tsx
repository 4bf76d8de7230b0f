import { ArrowLeft, CircleHelp, FileCheck, ShieldQuestion, TriangleAlert, type LucideIcon } from 'lucide-react'
import { useState } from 'react'

import { Button, Key } from '../../parts/button.tsx'
import { Screen } from '../../parts/screen.tsx'
import { Boundary, Empty, FailureNotice, Loading } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { VirtualList } from '../../parts/virtual-list.tsx'
import { ApprovalPanel } from './approval-panel.tsx'
import { IncidentPanel } from './incident-panel.tsx'
import { QuestionPanel } from './question-panel.tsx'
import { ReviewPanel } from './review-panel.tsx'
import { useInbox } from './use-inbox.ts'
import { titleOf, type Waiting } from './waiting.ts'

const icons: Readonly<Record<Waiting['kind'], readonly [LucideIcon, string]>> = {
  review: [FileCheck, 'Review'],
  approval: [ShieldQuestion, 'Approval'],
  question: [CircleHelp, 'Question'],
  incident: [TriangleAlert, 'Budget'],
}

/** Everything that waits for a person, each decided with one key. */
export function Inbox() {
  const { items, isLoading, error, retry } = useInbox()
  const [openId, setOpenId] = useState<string | null>(null)
  const [activeId, setActiveId] = useState<string | null>(null)
  const active = items.find(({ id }) => id === activeId) ?? items[0] ?? null
  useKeys({ Escape: () => setOpenId(null) })
  const show = (item: Waiting) => setActiveId(item.id)
  const open = (item: Waiting) => {
    setActiveId(item.id)
    setOpenId(item.id)
  }
  const hint = (
    <span className="eng-row eng-soft eng-small eng-wide">
      <Key>j</Key>
      <Key>k</Key> walk
    </span>
  )
  return (
    <Screen title={items.length > 0 ? `Inbox · ${items.length}` : 'Inbox'} actions={hint}>
      {error ? (
        <div className="eng-pad">
          <FailureNotice error={error} onRetry={retry} />
        </div>
      ) : isLoading ? (
        <Loading />
      ) : !active ? (
        <Empty title="Nothing waits for you">
          Results to review, questions of agents, requests for permission and budgets that ran out come here, the moment they do.
        </Empty>
      ) : (
        <div className="eng-split" data-open={openId === active.id}>
          <div className="eng-split-list">
            <VirtualList
              label="What waits"
              items={items}
              rowHeight={64}
              activeId={active.id}
              onActive={show}
              onOpen={open}
              hasMore={false}
              more={() => undefined}
            >
              {(item) => <Line item={item} onOpen={() => open(item)} />}
            </VirtualList>
          </div>
          <div className="eng-split-detail" tabIndex={-1}>
            <div className="eng-back">
              <Button look="plain" onClick={() => setOpenId(null)}>
                <ArrowLeft size={16} aria-hidden /> All
              </Button>
            </div>
            <Boundary of={active.id}>
              <Detail item={active} />
            </Boundary>
          </div>
        </div>
      )}
    </Screen>
  )
}

function Line({ item, onOpen }: { item: Waiting; onOpen(): void }) {
  const [Icon, name] = icons[item.kind]
  return (
    <>
      <Icon size={16} aria-hidden className="eng-soft" />
      <button type="button" className="eng-line-button eng-grow" onClick={onOpen}>
        <span className="eng-cut eng-line-title">{titleOf(item)}</span>
        <span className="eng-soft eng-small">{name}</span>
      </button>
      <Time at={item.at} />
    </>
  )
}

function Detail({ item }: { item: Waiting }) {
  switch (item.kind) {
    case 'review':
      return <ReviewPanel deliverableId={item.id} />
    case 'approval':
      return <ApprovalPanel approvalId={item.id} />
    case 'question':
      return <QuestionPanel interactionId={item.id} />
    case 'incident':
      return <IncidentPanel incident={item.of} />
  }
}
