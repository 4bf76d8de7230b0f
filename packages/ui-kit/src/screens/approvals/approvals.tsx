import { ArrowLeft } from 'lucide-react'
import { useState } from 'react'

import type { Approval } from '@engine/core/contract'

import { useApprovals } from '../../data/hooks.ts'
import { Button } from '../../parts/button.tsx'
import { Screen } from '../../parts/screen.tsx'
import { Empty, FailureNotice, Loading } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { VirtualList } from '../../parts/virtual-list.tsx'
import { ApprovalPanel } from '../inbox/approval-panel.tsx'
import { approvalTitle } from '../inbox/waiting.ts'

/** Every permission that was asked for, decided or not; the newest first. */
export function Approvals() {
  const { items, isLoading, error, retry, hasMore, more } = useApprovals()
  const [chosen, setChosen] = useState<string | null>(null)
  const newest = items.toReversed()
  const active = newest.find(({ id }) => id === chosen) ?? newest[0]
  const choose = ({ id }: Approval) => setChosen(id)
  return (
    <Screen title="Approvals">
      {error ? (
        <div className="eng-pad">
          <FailureNotice error={error} onRetry={retry} />
        </div>
      ) : isLoading ? (
        <Loading />
      ) : !active ? (
        <Empty title="No permission was asked for">
          Hires, strategies, raised budgets and whatever your agents ask leave for stand here, with who decided and why.
        </Empty>
      ) : (
        <div className="eng-split" data-open={chosen !== null}>
          <div className="eng-split-list">
            <VirtualList
              label="Approvals"
              items={newest}
              rowHeight={56}
              activeId={active.id}
              onActive={choose}
              onOpen={choose}
              hasMore={hasMore}
              more={more}
            >
              {(approval) => (
                <>
                  <Status of={approval.status} isBare />
                  <button type="button" className="eng-line-button eng-grow" onClick={() => choose(approval)}>
                    <span className="eng-cut eng-line-title">{approvalTitle(approval)}</span>
                  </button>
                  <Time at={approval.createdAt} />
                </>
              )}
            </VirtualList>
          </div>
          <div className="eng-split-detail" tabIndex={-1}>
            <div className="eng-back">
              <Button look="plain" onClick={() => setChosen(null)}>
                <ArrowLeft size={16} aria-hidden /> All
              </Button>
            </div>
            <ApprovalPanel key={active.id} approvalId={active.id} />
          </div>
        </div>
      )}
    </Screen>
  )
}
