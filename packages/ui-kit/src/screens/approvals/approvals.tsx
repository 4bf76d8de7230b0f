import { useMemo } from 'react'

import { useApprovals } from '../../data/hooks.ts'
import { useChosen } from '../../parts/places.tsx'
import { Screen } from '../../parts/screen.tsx'
import { LineButton, Split } from '../../parts/split.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { ApprovalPanel } from '../inbox/approval-panel.tsx'
import { approvalTitle } from '../inbox/waiting.ts'

/** Every permission that was asked for, decided or not; the newest first. */
export function Approvals() {
  const [opened, open] = useChosen('approval')
  const list = useApprovals()
  const newest = useMemo(() => list.items.toReversed(), [list.items])
  return (
    <Screen title="Approvals">
      <Split
        label="Approvals"
        list={{ ...list, items: newest }}
        opened={opened}
        onOpen={open}
        rowHeight={56}
        empty={
          <Empty title="No permission was asked for">
            Hires, strategies, raised budgets and whatever your agents ask leave for stand here, with who decided and why.
          </Empty>
        }
        row={(approval) => (
          <>
            <Status of={approval.status} isBare />
            <LineButton onClick={() => open(approval.id)}>
              <span className="eng-cut eng-line-title">{approvalTitle(approval)}</span>
            </LineButton>
            <Time at={approval.createdAt} />
          </>
        )}
        detail={(id) => <ApprovalPanel key={id} approvalId={id} />}
      />
    </Screen>
  )
}
