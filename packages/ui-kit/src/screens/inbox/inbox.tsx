import { CircleHelp, FileCheck, ShieldQuestion, TriangleAlert, type LucideIcon } from 'lucide-react'

import { Key } from '../../parts/button.tsx'
import { useChosen } from '../../parts/places.tsx'
import { Screen } from '../../parts/screen.tsx'
import { LineButton, Split } from '../../parts/split.tsx'
import { Boundary, Empty } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { About } from './about.tsx'
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
  const inbox = useInbox()
  const [opened, open] = useChosen('item')
  // What was decided is not here any more; then the next thing is.
  const isHere = inbox.items.some(({ id }) => id === opened)
  useKeys({ Escape: () => open(null, 'replace') })
  const hint = (
    <span className="eng-row eng-soft eng-small eng-wide">
      <Key>j</Key>
      <Key>k</Key> walk
    </span>
  )
  return (
    <Screen title={inbox.items.length > 0 ? `Inbox · ${inbox.items.length}` : 'Inbox'} actions={hint}>
      <Split
        label="What waits"
        list={{ ...inbox, hasMore: false, more: () => undefined }}
        opened={isHere ? opened : null}
        onOpen={open}
        rowHeight={64}
        empty={
          <Empty title="Nothing waits for you">
            Results to review, questions of agents, requests for permission and budgets that ran out come here, the moment they do.
          </Empty>
        }
        row={(item) => <Line item={item} onOpen={() => open(item.id)} />}
        detail={(id, item) => (
          <Boundary key={id} of={id}>
            {item && <Panel item={item} />}
          </Boundary>
        )}
      />
    </Screen>
  )
}

function Line({ item, onOpen }: { item: Waiting; onOpen(): void }) {
  const [Icon, name] = icons[item.kind]
  return (
    <>
      <Icon size={16} aria-hidden className="eng-soft" />
      <LineButton onClick={onOpen}>
        <span className="eng-cut eng-line-title">{titleOf(item)}</span>
        <span className="eng-soft eng-small eng-cut eng-line-title">
          {name}
          <About item={item} />
        </span>
      </LineButton>
      <Time at={item.at} />
    </>
  )
}

function Panel({ item }: { item: Waiting }) {
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
